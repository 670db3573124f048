"""The charts of the field, made from the document of a run."""

from chart import Bar, Chart, draw
from peer_table import PEERS
from report import OURS, REFERENCE, Document, number, ratio_of


def draw_charts(document: Document) -> dict[str, str]:
    """Return the charts that a document has the figures for, by name of their file."""
    charts = {"plain-get.svg": plain_chart(document), "ratios.svg": ratio_chart(document)}
    return {name: draw(chart) for name, chart in charts.items() if chart.bars}


def plain_chart(document: Document) -> Chart:
    measured = [each["peers"] for each in document["workloads"] if each["name"] == "plain_json"]
    costs = sorted((figures["cost"], name) for peers in measured for name, figures in peers.items())
    return Chart(
        title="Plain JSON GET: CPU time per request",
        note="Microseconds of all threads and processes of the server; less is better",
        bars=[
            Bar(
                label=document["peers"][name]["title"],
                value=cost,
                text=f"{number(cost)} µs",
                is_ours=name in PEERS and PEERS[name].is_ours,
            )
            for cost, name in costs
        ],
    )


def ratio_chart(document: Document) -> Chart:
    bars = []
    for workload in document["workloads"]:
        ratio = ratio_of(workload, REFERENCE, OURS)
        if ratio is not None:
            text = f"{number(ratio.middle)}×"
            # Backquotes are Markdown's.
            label = workload["title"].replace("`", "")
            bars.append(Bar(label=label, value=ratio.middle, text=text, is_ours=True, mark=workload["target"]))
    return Chart(
        title="How many times less Vivace costs than FastAPI",
        note="CPU time per request, or memory per idle connection; logarithmic; the mark is the target",
        bars=bars,
        is_logarithmic=True,
    )
