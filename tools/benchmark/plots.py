# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots for a talk: each as SVG and as PNG, by gnuplot, which gets its data inline."""

import subprocess

from report import NAMES, PERCENTILES, size_name

TERMINALS = {"svg": "svg size 1920,1080 background '#ffffff'",
             "png": "pngcairo size 1920,1080 background '#ffffff'"}
FONT = "font 'DejaVu Sans,20' noenhanced"

# One colour for each contender; the more requests ours has in flight, the darker.
COLOURS = {"pce": "#1764ab", "virtio": "#e6550d", "aesni": "#2ca25f", "generic": "#9a9a9a",
           "bare": "#222222"}
DEPTH_COLOURS = {1: "#94c4df", 8: "#4a98c9", 32: "#1764ab", 128: "#08306b"}
DASHED = ("bare",)

LATENCY_TITLES = ("cbc(aes) encrypt", "xts(aes) encrypt", "gcm(aes)")
LATENCY_SIZE = 4096
COST_TITLES = ("cbc(aes) encrypt", "gcm(aes)")

BEGIN = """\
set terminal {terminal} {font}
set output '{output}'
set encoding utf8
set micro
set border 3 lc '#808080' lw 1.2
set tics nomirror textcolor '#404040' scale 0.6 font ',16'
set grid ytics lc '#d8d8d8' lw 1.2 dt 1
set errorbars 0.6
unset key
set label 1 {title} at screen 0.045,0.955 font ',30' tc '#1a1a1a'
set label 2 {subtitle} at screen 0.045,0.908 font ',16' tc '#707070'
{data}
set multiplot layout {rows},{columns} margins 0.062,0.985,{bottom},0.83 spacing 0.062,0.11
"""

# The legend of all panels, below them, by a last plot that shows nothing else
END = """
unset label
set margins screen 0.02, screen 0.98, screen 0.02, screen 0.98
set title; set xlabel; set ylabel; set border 0; unset tics; unset grid; unset logscale
set key at screen 0.5,0.05 center center horizontal Left reverse maxrows 1 samplen 1.8 \
    font ',17' tc '#1a1a1a'
set xrange [0:1]; set yrange [0:1]
plot {legend}
unset multiplot
"""


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', "'").replace("\n", "\\n") + '"'


class Curve:
    """One line of a panel: x, median, lowest, highest."""

    def __init__(self, name, style, values):
        self.name = name
        self.style = style
        self.values = values


class Plot:
    """Panels, and what all of them share."""

    def __init__(self, name, title, rows, columns, bottom=0.165):
        self.name = name
        self.bottom = bottom
        self.title = title
        self.rows = rows
        self.columns = columns
        self.data = []
        self.panels = []
        self.legend = {}

    def block(self, rows):
        name = f"$data{len(self.data)}"
        body = "\n".join(" ".join(str(field) for field in row) for row in rows)
        self.data.append(f"{name} << EOD\n{body}\nEOD")
        return name

    def curves(self, settings, curves):
        drawn = []
        for curve in curves:
            if curve.values:
                drawn.append(f"{self.block(curve.values)} using 1:2:3:4 with yerrorlines "
                             f"{curve.style}")
                self.legend.setdefault(curve.name, f"with linespoints {curve.style}")
        self.panel(settings, drawn)

    def panel(self, settings, drawn):
        self.panels.append(f"{settings}\nplot {', '.join(drawn)}\nunset label"
                           if drawn else "set multiplot next")

    def script(self, terminal, output, subtitle):
        legend = ", ".join(f"NaN {style} title {quote(name)}"
                           for name, style in self.legend.items())
        return BEGIN.format(terminal=TERMINALS[terminal], font=FONT, output=output,
                            title=quote(self.title), subtitle=quote(subtitle),
                            data="\n".join(self.data), rows=self.rows,
                            columns=self.columns, bottom=self.bottom) + "\n".join(self.panels) \
            + END.format(legend=legend)

    def write(self, directory, subtitle):
        if not self.legend:
            return []
        files = [directory / f"{self.name}.{terminal}" for terminal in TERMINALS]
        for terminal, file in zip(TERMINALS, files):
            subprocess.run(["gnuplot"], text=True, check=True,
                           input=self.script(terminal, file, subtitle))
        return files


def line_style(name, depth=None):
    colour = DEPTH_COLOURS.get(depth, COLOURS[name]) if name == "pce" else COLOURS[name]
    width = 3.5 if name == "pce" else 2.5
    dash = "dt 2" if name in DASHED else "dt 1"
    point = {"pce": 7, "virtio": 9, "aesni": 5, "generic": 13, "bare": 6}[name]
    return f"lc rgb '{colour}' lw {width} {dash} pt {point} ps 1.1"


def size_tics(sizes):
    """Without text where the one before is too near."""
    tics, last = [], 0
    for size in sizes:
        text = size_name(size).removesuffix(" B").replace(" KiB", "K").replace(" MiB", "M")
        near = size < 4 * last
        tics.append(f"{quote('' if near else text)} {size}")
        last = last if near else size
    return "(" + ", ".join(tics) + ")"


def throughput(figures):
    """Over size, a panel for each algorithm."""
    kind = {"kind": "load", "scene": "idle host"}
    titles = figures.titles(**kind)[:6]
    plot = Plot("throughput", "Throughput by size of request", 2, 3)
    sizes = sorted({point.size for point in figures.points(**kind)})
    for number, title in enumerate(titles):
        points = sorted(figures.points(title=title, **kind), key=lambda point: point.size)
        curves = []
        for name in NAMES:
            depths = sorted({point.depth for point in points
                             if name in figures.samples[point]})
            # One curve of each other: synchronous code is the same at every depth.
            for depth in depths if name == "pce" else [d for d in depths if d <= 32][-1:]:
                text = NAMES[name]
                if name in ("pce", "virtio"):
                    text += f", depth {depth}"
                curves.append(Curve(text, line_style(name, depth), spreads(
                    (point.size, figures.spread(point, name, "bytes"))
                    for point in points if point.depth == depth)))
        settings = f"""\
set title {quote(title)} font ',21' tc '#1a1a1a' offset 0,-0.4
set logscale x 2; set logscale y 10
set xtics {size_tics(sizes)}; set format y '%.0s %cB/s'
set xrange [{sizes[0] / 1.3}:{sizes[-1] * 1.3}]
set xlabel '{"bytes in a request" if number >= 3 or len(titles) <= 3 else ""}' font ',17' \\
    tc '#404040' offset 0,0.5
"""
        plot.curves(settings, curves)
    return plot


def spreads(pairs):
    return [(x, spread.median, spread.low, spread.high) for x, spread in pairs if spread]


def latency(figures):
    """Percentiles, with one request and with 32 in flight."""
    plot = Plot("latency", f"Latency of requests of {size_name(LATENCY_SIZE)}", 2, 3)
    # gnuplot takes the text of a tic for a format
    tics = ", ".join(f"{quote(name.replace(chr(37), chr(37) * 2))} {number}"
                     for number, name in enumerate(PERCENTILES.values()))
    for depth in (1, 32):
        for title in LATENCY_TITLES:
            curves = []
            for point in figures.points(kind="load", scene="idle host", title=title,
                                        depth=depth, size=LATENCY_SIZE):
                for name in NAMES:
                    curves.append(Curve(NAMES[name], line_style(name), [
                        (x, *(value / 1e9 for value in (spread.median, spread.low,
                                                         spread.high)))
                        for x, spread in ((x, figures.latency(point, name, key))
                                          for x, key in enumerate(PERCENTILES)) if spread]))
            plot.curves(f"""\
set title {quote(f"{title}, depth {depth}")} font ',21' tc '#1a1a1a' offset 0,-0.4
set logscale y 10; set format y '%.0s %cs'
set xtics ({tics}); set xrange [-0.3:{len(PERCENTILES) - 0.7}]
""", curves)
    return plot


def cost(figures):
    """Time per request over the number in flight."""
    plot = Plot("cost", "What a request costs, by how many are in flight", 2, 3)
    sizes = sorted({point.size for point in figures.points(kind="load", scene="idle host")})
    sizes = dict.fromkeys([*sizes[:1], *(size for size in sizes if size == LATENCY_SIZE),
                           *sizes[-1:]])
    for title in COST_TITLES:
        for size in sizes:
            points = sorted(figures.points(kind="load", scene="idle host", title=title,
                                           size=size), key=lambda point: point.depth)
            curves = []
            for name in NAMES:
                values = []
                for point in points:
                    spread = figures.spread(point, name) or (
                        figures.spread(figures.nearest(point, name), name)
                        if name not in ("pce", "virtio") else None)
                    if spread:
                        values.append((point.depth, 1 / spread.median, 1 / spread.high,
                                       1 / spread.low))
                curves.append(Curve(NAMES[name], line_style(name), values))
            depths = [point.depth for point in points] or [1]
            plot.curves(f"""\
set title {quote(f"{title}, {size_name(size)}")} font ',21' tc '#1a1a1a' offset 0,-0.4
set logscale x 2; set logscale y 10
set xtics ({", ".join(map(str, depths))}); set xrange [{depths[0] / 1.3}:{depths[-1] * 1.3}]
set xlabel '{"requests in flight" if title == COST_TITLES[-1] else ""}' font ',17' \\
    tc '#404040' offset 0,0.5
set format y '%.0s %cs'
""", curves)
    return plot


def bar_name(point):
    pattern = point.title.replace("rand", "random\n") if "rand" in point.title \
        else f"sequential\n{point.title}"
    sectors = "\n" + point.variant.replace(" s", "\ns") if point.size > 4096 else ""
    return f"{pattern}\ndepth {point.depth}{sectors}"


def storage(figures):
    """dm-crypt: bars."""
    sizes = sorted({point.size for point in figures.points(kind="dm-crypt")}, reverse=True)
    plot = Plot("dm-crypt", "dm-crypt on a RAM disk, aes-xts, 512-bit key", 1, 2, bottom=0.23)
    for size in sizes[:2]:
        points = list(figures.points(kind="dm-crypt", scene="idle host", size=size))
        names = [name for name in NAMES
                 if any(name in figures.samples[point] for point in points)]
        drawn, width = [], 0.8 / max(len(names), 1)
        top = max((spread.high / 1e6 for point in points for name in names
                   if (spread := figures.spread(point, name, "bytes"))), default=1)
        for index, name in enumerate(names):
            shift = (index - (len(names) - 1) / 2) * width
            rows = spreads((x + shift, figures.spread(point, name, "bytes"))
                           for x, point in enumerate(points))
            block = plot.block((x, median / 1e6, low / 1e6, high / 1e6)
                               for x, median, low, high in rows)
            fill = f"fs solid 1 noborder lc rgb '{COLOURS[name]}'"
            drawn.append(f"{block} using 1:2:({width * 0.92}) with boxes {fill}")
            drawn.append(f"{block} using 1:3:(0):($4-$3) with vectors nohead "
                         "lc rgb '#404040' lw 1.5")
            drawn.append(f"{block} using 1:4:(sprintf($2 < 10 ? '%.1f' : '%.0f', $2)) with labels "
                         f"font ',{15 if len(points) <= 4 else 11}' tc '#404040' offset 0,0.6")
            plot.legend.setdefault(NAMES[name], f"with boxes {fill}")
        tics = ", ".join(f"{quote(bar_name(point))} {x}"
                         for x, point in enumerate(points))
        plot.panel(f"""\
set title {quote(f"{size_name(size)} blocks, MB/s")} font ',21' tc '#1a1a1a' offset 0,-0.4
set xtics ({tics}) font ',{15 if len(points) <= 4 else 11}'; set format y '%.0f'
set xrange [-0.6:{len(points) - 0.4}]; set yrange [0:{1.08 * top}]
""", drawn)
    return plot


def subtitle(data):
    machine = data["machine"]
    guests = list(data["guests"].values())
    qemu = guests[0].get("qemu") if guests else None
    kernel = guests[0]["info"].get("kernel") if guests else None
    return ", ".join(filter(None, [
        f"{machine['cpu']}, {machine['processors']} processors", qemu and f"QEMU {qemu}, TCG",
        kernel and f"guest Linux {kernel}",
        *(f"{name} {version}" for name, version in machine["libraries"].items()),
        f"commit {machine['commit']}" if machine["commit"] else None, machine["date"][:10]]))


def draw(data, figures, directory):
    """The paths of the files; a plot of nothing is not made."""
    return [file for make in (throughput, latency, cost, storage)
            for file in make(figures).write(directory, subtitle(data))]
