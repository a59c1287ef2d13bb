"""From the results of all rounds to the table: medians, ratios to raw in the same round, and the place of hostws."""

import statistics

HOSTWS = ("push", "pull", "batch")
FIGURES = {  # the number that counts in a program's JSON line; messages a second for all other modes
    "rtt": "p50_us",
    "start": "p50_us",
    "latency": "p99_us",
    "idle": "bytes_each",
    "deflate": "mb_per_second",
    "inflate": "mb_per_second",
    "call-send": "p50_us",
    "call-gather": "p50_us",
    "call-poll": "p50_us",
    "call-status": "p50_us",
    "rest": "wakeups_a_ping",
}
MORE_IS_BETTER = ("per_second", "mb_per_second")
# Further numbers of a line that are shown, or say more about it.
BESIDE = ("p50_us", "p999_us", "ratio", "threads", "pings", "processor_ms_a_minute")


def figure_name(row, is_cpu):
    return "cpu_us" if is_cpu and row.mode not in ("idle", "rest") else FIGURES.get(row.mode, "per_second")


def figures(chosen, columns, results, is_cpu):
    """For each row what counts in it, and for each column its median and the ratio."""
    found = {}
    for row in chosen:
        name = figure_name(row, is_cpu)
        raw = results[row.name, "raw"]
        cells = {column: cell(name, results[row.name, column], raw) for column in columns}
        cells = {column: got for column, got in cells.items() if got}
        found[row.name] = {"figure": name, "columns": cells, "place": place(name, cells)}
    return found


def cell(name, got, raw):
    if not got:
        return None
    all_rounds = list(got.values())
    numbers = {key: statistics.median(result[key] for result in all_rounds) for key in (name, *BESIDE) if key in all_rounds[0]}
    if "ratio" in numbers:
        numbers["compression"] = numbers.pop("ratio")
    common = [] if name in ("bytes_each", "wakeups_a_ping") else got.keys() & raw.keys()
    numbers["ratio"] = statistics.median(got[number][name] / raw[number][name] for number in common) if common else None
    return numbers


def place(name, cells):
    """Of hostws among the clients, by the best way to use it, and who is next to it. None: it is alone."""
    def worth(column):
        value = cells[column]["ratio"] or cells[column][name]
        return -value if name in MORE_IS_BETTER else value

    ours = [column for column in HOSTWS if column in cells]
    others = sorted((column for column in cells if column not in HOSTWS and column != "raw" and " " not in column), key=worth)
    if not ours or not others:
        return None
    best = min(ours, key=worth)
    ahead = [column for column in others if worth(column) < worth(best)]
    return {"place": len(ahead) + 1, "of": len(others) + 1, "ours": best, "other": others[0]}


# ---- in words ----


def in_words(name, value):
    if name == "bytes_each":
        return f"{value:,.0f} B"
    if name == "wakeups_a_ping":
        return f"{value:.2f} wake-ups a ping"
    if name == "mb_per_second":
        return f"{value:,.1f} MB/s"
    if name == "per_second":
        return f"{value / 1e6:,.2f} M/s" if value >= 1e6 else f"{value / 1e3:,.1f} k/s"
    if value < 1:
        return f"{value * 1000:,.3g} ns"
    return f"{value:,.3g} µs" if value < 1000 else f"{value / 1000:,.2f} ms"


def cell_in_words(name, numbers, is_raw):
    if numbers is None:
        return "-"
    words = in_words(name, numbers[name])
    if name == "p99_us":
        words = " / ".join(in_words(each, numbers[each]) for each in ("p50_us", "p99_us", "p999_us"))
    if "compression" in numbers:
        words += f", {numbers['compression']:.2f} to 1"
    if "threads" in numbers:
        words += f", {numbers['threads']:.0f} threads"
    if "processor_ms_a_minute" in numbers:
        words += f", {numbers['processor_ms_a_minute']:.3g} ms of processor a minute"
    if not is_raw and numbers["ratio"] is not None:
        words += f"  **{numbers['ratio']:.3g} x**"
    return words


def place_in_words(row):
    where = row["place"]
    if where is None:
        return ""
    other = row["columns"][where["other"]]
    figure = f"{other['ratio']:.3g} x" if other["ratio"] else in_words(row["figure"], other[row["figure"]])
    return f"{where['place']} of {where['of']}; best other: {where['other']} {figure}"


def show(chosen, found):
    columns = list(dict.fromkeys(column for row in chosen for column in found[row.name]["columns"]))
    print(f"| | {' | '.join(columns)} | place of hostws | to reach |")
    print(f"|---|{'---|' * len(columns)}---|---|")
    for row in chosen:
        got = found[row.name]
        cells = [cell_in_words(got["figure"], got["columns"].get(column), column == "raw") for column in columns]
        print(f"| {row.name} | {' | '.join(cells)} | {place_in_words(got)} | {row.target} |")
