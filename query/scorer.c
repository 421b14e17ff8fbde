/* SPDX-License-Identifier: MIT */
#include "query/cursor.h"

void osl_scorer_bounds(osl_scorer *scorer, float factor)
{
    scorer->bounds[0] = 0;
    for (unsigned i = 1; i < 256; i++) {
        /* Half a unit for each rounding on the way, and one to be safe. */
        double gain = i * (double)factor / OSL_BOUND_MAX;
        double most = (gain < 1 ? gain : 1) * (double)scorer->weight;
        double scaled = most * OSL_SCORE_ONE + 2;
        scorer->bounds[i] =
            scaled < (double)UINT32_MAX ? (uint32_t)scaled : UINT32_MAX;
    }
}

/* The greater of the two weights, each as if it was all, is that of both,
 * whatever rounding did to them. */
void osl_scorer_join(osl_scorer *joint, const osl_scorer *one,
                     const osl_scorer *other, double share)
{
    double a = (double)one->weight / share;
    double b = (double)other->weight / (1 - share);
    *joint = *one;
    joint->weight = (float)((a > b ? a : b) * 1.000001);
    joint->gauge = NULL;
    for (unsigned i = 0; i < 256; i++)
        joint->bounds[i] = osl_add_score(one->bounds[i], other->bounds[i]);
}

uint32_t osl_scorer_score(const osl_scorer *scorer, uint32_t ordinal,
                          uint32_t tf)
{
    float k = scorer->k[scorer->codes[ordinal]];
    return osl_score_contribution(scorer->weight, osl_score_gain(tf, k));
}

void osl_explain_number(uint32_t score, unsigned depth, osl_buf *out)
{
    osl_buf_printf(out, "%*s%8.4f [%u] ", (int)(2 * depth), "",
                   (double)score / OSL_SCORE_ONE, (unsigned)score);
}

void osl_scorer_explain_at(const osl_scorer *scorer, uint32_t length, float k,
                           uint32_t tf, unsigned depth, osl_buf *out)
{
    float gain = osl_score_gain(tf, k);
    uint32_t score = osl_score_contribution(scorer->weight, gain);
    osl_explain_number(score, depth, out);
    osl_buf_put_text(out, scorer->shown);
    osl_buf_printf(out,
                   " in %s: tf %u, length %u (average %.2f), df %llu of %llu, "
                   "idf %.6f, weight %.4f, W %.6f x G %.6f\n",
                   scorer->field, (unsigned)tf, (unsigned)length,
                   scorer->average_length, (unsigned long long)scorer->df,
                   (unsigned long long)scorer->count, scorer->idf,
                   scorer->user_weight, (double)scorer->weight, (double)gain);
}

void osl_scorer_explain(const osl_scorer *scorer, uint32_t ordinal, uint32_t tf,
                        unsigned depth, osl_buf *out)
{
    uint8_t code = scorer->codes[ordinal];
    osl_scorer_explain_at(scorer, osl_length_of_code(code), scorer->k[code], tf,
                          depth, out);
}

osl_status osl_explain_part(osl_cursor *part, uint32_t paragraph,
                            unsigned depth, osl_buf *out, size_t *said,
                            osl_error *err)
{
    size_t before = out->length;
    osl_status status = part->ops->explain(part, paragraph, depth, out, err);
    *said += out->length > before;
    return status;
}
