/* SPDX-License-Identifier: MIT */
#include "core/segment/score.h"

#include <string.h>

enum { STEPS = 64 };

/* The least length of codes 192 to 255: two steps to 257, so that paragraphs
 * whose positions outgrow a byte have codes of their own, then by a factor of
 * 1.1993 to 2^24. */
static const uint32_t steps[STEPS] = {
    192,     224,     257,     308,     370,     443,      532,      638,
    765,     917,     1100,    1319,    1582,    1897,     2276,     2729,
    3273,    3926,    4708,    5646,    6772,    8121,     9740,     11681,
    14009,   16801,   20150,   24166,   28983,   34759,    41687,    49995,
    59960,   71910,   86243,   103432,  124047,  148770,   178421,   213982,
    256631,  307779,  369122,  442692,  530924,  636741,   763650,   915851,
    1098388, 1317307, 1579857, 1894736, 2272373, 2725277,  3268448,  3919877,
    4701142, 5638120, 6761845, 8109539, 9725840, 11664283, 13989074, 16777216,
};

uint8_t osl_length_code(uint32_t length)
{
    if (length < OSL_LENGTHS_EXACT)
        return (uint8_t)length;
    unsigned step = 0;
    for (unsigned half = STEPS / 2; half > 0; half /= 2)
        if (steps[step + half] <= length)
            step += half;
    return (uint8_t)(OSL_LENGTHS_EXACT + step);
}

/* The middle of the step: its least length would make long paragraphs up to a
 * sixth shorter than they are, beside an average that is exact. */
uint32_t osl_length_of_code(uint8_t code)
{
    if (code < OSL_LENGTHS_EXACT)
        return code;
    unsigned step = code - OSL_LENGTHS_EXACT;
    if (step == STEPS - 1)
        return steps[step];
    return (steps[step] + steps[step + 1] - 1) / 2;
}

uint32_t osl_length_most_of_step(uint8_t code)
{
    unsigned step = code - OSL_LENGTHS_EXACT;
    return step == STEPS - 1 ? steps[step] : steps[step + 1] - 1;
}

/* x = m · 2^e with m in [√½, √2); returns m. */
static double split(double x, int *e)
{
    static const double two54 = 18014398509481984.0;
    int shift = 0;
    if (x < 2.2250738585072014e-308) { /* subnormal */
        x *= two54;
        shift = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    *e = exponent + shift;
    return m;
}

/* With f = m − 1 and s = f / (2 + f): ln m = 2 atanh(s) = 2s + s·R, where
 * R = ⅔s² + ⅖s⁴ + …; |s| ≤ 0.1716, so eleven terms reach 2^−58. Put together
 * as f − (f²/2 − s·(f²/2 + R)), which keeps the digits that 2s would lose
 * (the arrangement of FDLIBM's log, Sun Microsystems 1993); ln 2 in two parts,
 * the first with 20 zero bits at its end, so that e · high is exact. */
double osl_log(double x)
{
    static const double ln2_high = 6.93147180369123816490e-01;
    static const double ln2_low = 1.90821492927058770002e-10;
    static const double terms[] = {2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17,
                                   2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9,
                                   2.0 / 7,  2.0 / 5,  2.0 / 3};
    int exponent;
    double f = split(x, &exponent) - 1.0;
    double s = f / (2.0 + f), z = s * s, r = 0.0;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        r = z * (terms[i] + r);
    double half = 0.5 * f * f, e = (double)exponent;
    if (exponent == 0)
        return f - (half - s * (half + r));
    return e * ln2_high - ((half - (s * (half + r) + e * ln2_low)) - f);
}

double osl_score_idf(uint64_t count, uint64_t df)
{
    double rest = count > df ? (double)(count - df) : 0.0;
    return osl_log(1.0 + (rest + 0.5) / ((double)df + 0.5));
}

float osl_score_length(double k1, double b, double average, double length)
{
    return (float)(k1 * ((1.0 - b) + b * length / average));
}

double osl_score_average(uint64_t total_length, uint64_t count)
{
    if (count > 0 && total_length > 0)
        return (double)total_length / (double)count;
    return 1.0;
}

void osl_score_lengths(float k[256], double k1, double b, uint64_t total_length,
                       uint64_t count)
{
    double average = osl_score_average(total_length, count);
    for (unsigned code = 0; code < 256; code++)
        k[code] =
            osl_score_length(k1, b, average, osl_length_of_code((uint8_t)code));
}

/* The hair more is for the rounding of the product. */
void osl_score_bytes(uint8_t bytes[OSL_LINES][256], const float k[256])
{
    static const uint32_t tf_of_line[OSL_LINES] = {
        [OSL_LINE_1] = 1,   [OSL_LINE_2] = 2,  [OSL_LINE_3] = 3,
        [OSL_LINE_4] = 4,   [OSL_LINE_6] = 6,  [OSL_LINE_8] = 8,
        [OSL_LINE_12] = 12, [OSL_LINE_16] = 16};
    for (unsigned line = 0; line < OSL_LINES; line++)
        for (unsigned code = 0; code < 256; code++) {
            float gain = osl_score_gain(tf_of_line[line], k[code]);
            float exact = 255 * gain * 1.000001f;
            uint32_t byte = (uint32_t)exact;
            byte += (float)byte < exact; /* rounded up */
            bytes[line][code] = (uint8_t)(byte < 255 ? byte : 255);
        }
}

float osl_score_weight(double weight, double idf, double k1)
{
    return (float)(weight * idf * (k1 + 1.0));
}
