# SPDX-License-Identifier: MIT
"""The plots of tools/bench/query, as SVG: means by shape and engine, and by
size of the text."""
import math

COLOURS = ["#2a6f97", "#c8553d", "#6a994e", "#bc8f3f", "#7b5ea7", "#666666",
           "#d17ba0", "#4f9d9d"]


class Scale:
    """Values to places, the logarithm of one to the other."""

    def __init__(self, values, start, length):
        self.first = math.floor(math.log10(min(values)))
        self.last = max(math.ceil(math.log10(max(values))), self.first + 1)
        self.start, self.step = start, length / (self.last - self.first)

    def at(self, value):
        return self.start + (math.log10(value) - self.first) * self.step

    def decades(self):
        return [10.0 ** n for n in range(self.first, self.last + 1)]


def short(value):
    return ("%gM" % (value / 1e6) if value >= 1e6 else
            "%gk" % (value / 1e3) if value >= 1e3 else "%g" % value)


class Plot:
    """An SVG; each panel is as wide as the others, beside the one before."""
    LEFT, WIDE, GAP, TOP = 130, 200, 40, 60

    def __init__(self, panels, height):
        self.size = (self.LEFT + panels * (self.WIDE + self.GAP), height)
        self.bottom = height - 30
        self.parts = []

    def panel(self, number, title):
        left = self.LEFT + number * (self.WIDE + self.GAP)
        self.text(left, self.TOP - 12, title, "start")
        return left

    def text(self, x, y, text, anchor="middle", fill="#333"):
        self.parts.append('<text x="%.0f" y="%.0f" text-anchor="%s" fill="%s">'
                          '%s</text>' % (x, y, anchor, fill, text))

    def line(self, points, colour="#ddd"):
        self.parts.append('<polyline fill="none" stroke="%s" points="%s"/>' % (
            colour, " ".join("%.1f,%.1f" % point for point in points)))

    def dot(self, x, y, colour):
        self.parts.append('<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>'
                          % (x, y, colour))

    def upright(self, scale):
        """The lines and names of an axis from left to right."""
        for value in scale.decades():
            x = scale.at(value)
            self.line([(x, self.TOP), (x, self.bottom)])
            self.text(x, self.bottom + 16, short(value))

    def legend(self, names):
        for number, name in enumerate(names):
            x = 10 + number * 130
            self.dot(x, 16, COLOURS[number])
            self.text(x + 9, 20, name, "start")

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            out.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" '
                      'height="%d" font-family="sans-serif" font-size="12">\n'
                      '<rect width="100%%" height="100%%" fill="#fff"/>\n%s\n'
                      "</svg>\n" % (*self.size, "\n".join(self.parts)))


def plot_engines(path, means, names, modes, shapes):
    """A panel for each mode, a row for each shape: mean µs of each engine.
    `means` by engine, mode and shape."""
    plot = Plot(len(modes), Plot.TOP + 26 * len(shapes) + 36)
    plot.legend(names)
    for number, mode in enumerate(modes):
        left = plot.panel(number, mode + ", µs")
        scale = Scale(means.values(), left, Plot.WIDE)
        plot.upright(scale)
        for row, shape in enumerate(shapes):
            y = Plot.TOP + 26 * row + 16
            if number == 0:
                plot.text(10, y + 4, shape, "start")
            plot.line([(left, y), (left + Plot.WIDE, y)])
            for colour, name in zip(COLOURS, names):
                if (name, mode, shape) in means:
                    plot.dot(scale.at(means[name, mode, shape]), y, colour)
    plot.write(path)


def plot_sizes(path, means, sizes, shapes, modes):
    """A panel for each mode: mean µs by number of paragraphs, a line for each
    shape. `means` by size, mode and shape."""
    plot = Plot(len(modes), 420)
    plot.legend(shapes)
    for number, mode in enumerate(modes):
        left = plot.panel(number, mode + ", µs")
        across = Scale(sizes, left, Plot.WIDE)
        plot.upright(across)
        up = Scale(means.values(), plot.bottom, Plot.TOP - plot.bottom)
        for value in up.decades():
            plot.line([(left, up.at(value)), (left + Plot.WIDE, up.at(value))])
            if number == 0:
                plot.text(left - 8, up.at(value) + 4, short(value), "end")
        for colour, shape in zip(COLOURS, shapes):
            points = [(across.at(n), up.at(means[n, mode, shape]))
                      for n in sizes]
            plot.line(points, colour)
            for point in points:
                plot.dot(*point, colour)
    plot.write(path)
