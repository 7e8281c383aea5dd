// A chart of a result: lines over time or numbers.
import uPlot from "uplot";

/** colourOf is what a colour of the page is now: a canvas knows no variables. */
function colourOf(parent) {
  const probe = parent.appendChild(document.createElement("i"));
  return {
    colour(name) {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    },
    end: () => probe.remove(),
  };
}

/** plot draws ys over xs, both sorted by x, into parent; x is { name, time }. It returns what ends it. */
export function plot(parent, x, ys) {
  let chart;
  const draw = () => {
    chart?.destroy();
    const { colour, end } = colourOf(parent);
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif" };
    chart = new uPlot({
      width: parent.clientWidth, height: 320,
      scales: { x: { time: x.time } },
      axes: [{ ...axis }, { ...axis, size: 64 }],
      legend: { live: true },
      cursor: { points: { size: 7 } },
      series: [
        { label: x.name, value: x.time ? undefined : (_, v) => v ?? "—" },
        ...ys.map((y) => ({ label: y.name, stroke: colour("--accent"), width: 2, points: { show: y.values.length < 100, size: 6 }, value: (_, v) => v ?? "—" })),
      ],
    }, [x.values, ...ys.map((y) => y.values)], parent);
    end();
  };
  const sized = new ResizeObserver(() => chart && chart.width !== parent.clientWidth && parent.clientWidth > 0 && chart.setSize({ width: parent.clientWidth, height: 320 }));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  draw();
  sized.observe(parent);
  dark.addEventListener("change", draw);
  addEventListener("theme", draw);
  return () => {
    sized.disconnect();
    dark.removeEventListener("change", draw);
    removeEventListener("theme", draw);
    chart.destroy();
  };
}
