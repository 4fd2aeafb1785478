// Charts: uPlot with the page's colours, a readout below that follows the pointer or the arrow
// keys, and a width that follows the page.
import uPlot from 'uplot';
import {h, shown, variable} from './dom.js';

const HEIGHT = 260;

// Draws lines over a common x. A line is {label, x, y, stroke, dash, width, bands: [{low, high,
// fill}], stepped, fill, points}. Lines may have different x. `options`: {label, xLabel, yLabel,
// logX, height, yRange, behind, over, xValue}. Returns the element; chart.redraw() draws it again.
export function chart(lines, options) {
  const readout = h('div', {class: 'readout', 'aria-live': 'polite'});
  const place = h('div', {
    class: 'plot', tabindex: 0, role: 'img',
    'aria-label': `${options.label}. ${lines.map((line) => line.label).join(', ')}. ` +
      'Left and right arrow keys read values.',
  });
  const element = h('figure', {class: 'chart'}, h('figcaption', {}, options.label), place, readout);
  let plot = null;

  const draw = () => {
    const {data, series, bands} = columns(lines);
    plot?.destroy();
    if (data[0].length === 0) {
      place.replaceChildren(h('p', {class: 'empty'}, 'No data.'));
      return;
    }
    plot = new uPlot(settings(place, series, bands, options, (u) => tell(u, lines, options, readout)),
      data, place);
  };
  const observer = new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (plot !== null && width > 0 && width !== plot.width) {
      plot.setSize({width, height: plot.height});
    } else if (plot === null && width > 0) {
      draw();
    }
  });
  observer.observe(place);
  place.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity}[event.key];
    if (plot === null || step === undefined) return;
    event.preventDefault();
    const last = plot.data[0].length - 1;
    const index = Math.min(last, Math.max(0, (plot.cursor.idx ?? (step > 0 ? -1 : last + 1)) + step));
    plot.setCursor({left: plot.valToPos(plot.data[0][index], 'x'), top: 10});
  });
  element.redraw = () => {
    if (plot !== null) draw();
  };
  element.close = () => {
    observer.disconnect();
    plot?.destroy();
    plot = null;
  };
  return element;
}

// The columns of uPlot for lines with different x, and which of them are lines and edges of bands.
function columns(lines) {
  const tables = [];
  const series = [{}];
  const bands = [];
  for (const line of lines) {
    const table = [line.x, line.y];
    series.push({...line, edge: false});
    line.column = series.length - 1;
    for (const band of line.bands ?? []) {
      table.push(band.high, band.low);
      series.push({label: '', edge: true}, {label: '', edge: true});
      bands.push({series: [series.length - 2, series.length - 1], fill: band.fill()});
    }
    tables.push(table);
  }
  const data = tables.length > 0 ? uPlot.join(tables) : [[]];
  return {data, series, bands};
}

function settings(place, series, bands, options, onCursor) {
  const axis = (label, more) => ({
    label, labelSize: 20, labelFont: '12px system-ui, sans-serif', font: '11px system-ui, sans-serif',
    stroke: variable('--faint'), grid: {stroke: variable('--line'), width: 1},
    ticks: {stroke: variable('--line'), width: 1, size: 5}, ...more,
  });
  return {
    width: Math.max(200, Math.floor(place.clientWidth)),
    height: options.height ?? HEIGHT,
    legend: {show: false},
    cursor: {y: false, points: {show: false}, drag: {x: true, y: false}},
    scales: {
      x: {time: false, distr: options.logX ? 3 : 1, ...(options.xRange ? {range: options.xRange} : {})},
      y: options.yRange ? {range: options.yRange} : {},
    },
    axes: [
      axis(options.xLabel, {size: 34}),
      axis(options.yLabel, {size: 62, values: (u, ticks) => ticks.map((tick) => shown(tick))}),
    ],
    series: series.map((line, index) => (index === 0 ? {} : {
      label: line.label,
      stroke: line.edge ? 'transparent' : line.stroke(),
      width: line.edge ? 0 : line.width ?? 2,
      dash: line.dash,
      spanGaps: false,
      points: {show: line.points === true, size: 7, fill: line.edge ? undefined : line.stroke?.()},
      fill: line.fill?.(),
      paths: line.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
    })),
    bands,
    hooks: {
      drawClear: options.behind ? [options.behind] : [],
      draw: options.over ? [options.over] : [],
      setCursor: [onCursor],
    },
  };
}

// Writes what stands under the cursor.
function tell(plot, lines, options, readout) {
  const index = plot.cursor.idx;
  if (index === null || index === undefined) {
    readout.replaceChildren();
    return;
  }
  const parts = [h('span', {}, `${options.xName ?? options.xLabel} ${shown(plot.data[0][index])}`)];
  for (const line of lines) {
    const value = nearest(plot.data[line.column], index);
    if (value === null) continue;
    const mark = h('i', {class: 'mark'});
    mark.style.background = line.stroke();
    parts.push(h('span', {}, mark, `${line.label} ${shown(value)}`));
  }
  readout.replaceChildren(...parts);
}

// The value at an index; between the points of a line with another x, the one before.
function nearest(column, index) {
  for (let i = index; i >= 0; i--) {
    if (column[i] !== undefined) return column[i];
  }
  return null;
}


