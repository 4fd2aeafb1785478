// The charts of the report: what is drawn, from which of the data.
import {chart} from './chart.js';
import {color, fade, variable} from './dom.js';

const BAND = 0.16;
const INNER = 0.2;
const BINS = 40;

// The mean of a quantity over episodes, with bands of 5 to 95% and 25 to 75% of the episodes.
export function overTime(contestants, quantity, options) {
  const lines = contestants.filter((c) => c.bands?.[quantity]).map((c) => {
    const band = c.bands[quantity];
    return {
      label: c.label, x: c.bands.time, y: band.mean, stroke: () => color(c.index),
      bands: [
        {low: band.p5, high: band.p95, fill: () => color(c.index, BAND)},
        {low: band.p25, high: band.p75, fill: () => color(c.index, INNER)},
      ],
    };
  });
  return chart(lines, {xLabel: 'time, s', xName: 't =', ...options});
}

// How much of a parent order is done, against what its schedule wants, means over the episodes.
export function schedule(contestants) {
  const lines = contestants.filter((c) => c.kind === 'execution' && c.bands).flatMap((c) => [
    {label: c.label, x: c.bands.time, y: c.bands.executed.mean, stroke: () => color(c.index),
     bands: [{low: c.bands.executed.p5, high: c.bands.executed.p95, fill: () => color(c.index, BAND)}]},
    ...(c.bands.plan ? [{label: `${c.label}, plan`, x: c.bands.time, y: c.bands.plan.mean,
      stroke: () => color(c.index), dash: [6, 4], width: 1.5}] : []),
  ]);
  return chart(lines, {label: 'Parent order done (mean, 5 to 95%), and its plan (dashed)',
    xLabel: 'time, s', xName: 't =', yLabel: 'lots'});
}

// The distribution of a metric over episodes: shares of equal bins over the range of all.
export function distribution(contestants, metric, unit) {
  const found = contestants.map((c) => ({c, values: (c.values[metric] ?? []).filter((v) => v !== null)}))
    .filter(({values}) => values.length > 0);
  let [low, high] = [Infinity, -Infinity];
  for (const {values} of found) {
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const width = (high - low) / BINS;
  const edges = Array.from({length: BINS + 1}, (_, i) => low + i * width);
  const lines = found.map(({c, values}) => {
    const share = new Array(BINS + 1).fill(0);
    for (const value of values) {
      share[Math.min(BINS - 1, Math.floor((value - low) / width))] += 1 / values.length;
    }
    return {label: c.label, x: edges, y: share, stepped: true, width: 1.5,
      stroke: () => color(c.index), fill: () => color(c.index, BAND)};
  });
  return chart(lines, {label: `${metric} over episodes`, xLabel: unit === '1' ? metric : `${metric}, ${unit}`,
    xName: 'from', yLabel: 'share of episodes'});
}

// The seconds in the name of a metric such as adverse_selection_100ms or adverse_selection_0_1s.
export function horizonOf(name) {
  const found = /^adverse_selection_(\d+(?:[._]\d+)?)(ms|s)?(?:_|$)/.exec(name);
  if (found === null) return null;
  return Number(found[1].replace('_', '.')) * (found[2] === 'ms' ? 1e-3 : 1);
}

// Adverse selection at the horizons that the metrics have, with the intervals of the means.
export function adverseSelection(contestants) {
  let unit = '';
  const lines = contestants.map((c) => {
    const points = c.metrics.map((m) => ({...m, horizon: horizonOf(m.name)}))
      .filter((m) => m.horizon !== null && m.mean !== null).sort((a, b) => a.horizon - b.horizon);
    if (points.length > 0) unit = points[0].unit;
    return {
      label: c.label, x: points.map((m) => m.horizon), y: points.map((m) => m.mean),
      stroke: () => color(c.index), points: true,
      bands: [{low: points.map((m) => m.ci_low ?? m.mean), high: points.map((m) => m.ci_high ?? m.mean),
        fill: () => color(c.index, INNER)}],
    };
  }).filter((line) => line.x.length > 0);
  if (lines.length === 0) return null;
  return chart(lines, {label: 'Adverse selection by horizon (mean, 95% interval)', logX: true,
    xLabel: 'seconds after the fill', xName: 'after', yLabel: unit});
}

// ---- one episode -------------------------------------------------------------------------------

// The depth of the book as rectangles behind the lines, stronger where more lots rest.
function drawDepth(plot, detail) {
  const {depth} = detail;
  if (!depth) return;
  const {ctx} = plot;
  const {left, top, width, height} = plot.bbox;
  let most = 1;
  for (const side of ['bid_qty', 'ask_qty']) {
    for (const row of depth[side]) for (const qty of row) most = Math.max(most, qty);
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  const colors = {bid: variable('--bid'), ask: variable('--ask')};
  const end = depth.time.length - 1;
  for (let i = 0; i <= end; i++) {
    const x0 = plot.valToPos(depth.time[i], 'x', true);
    const next = i < end ? depth.time[i + 1] : 2 * depth.time[i] - (depth.time[i - 1] ?? depth.time[i] - 1);
    const x1 = plot.valToPos(next, 'x', true);
    if (x1 < left || x0 > left + width) continue;
    for (const side of ['bid', 'ask']) {
      depth[`${side}_price`][i].forEach((price, level) => {
        const y0 = plot.valToPos(price + detail.tick_size / 2, 'y', true);
        const y1 = plot.valToPos(price - detail.tick_size / 2, 'y', true);
        const qty = depth[`${side}_qty`][i][level];
        ctx.fillStyle = fade(colors[side], 0.06 + 0.44 * Math.sqrt(qty / most));
        ctx.fillRect(x0, y0, Math.max(1, x1 - x0), Math.max(1, y1 - y0));
      });
    }
  }
  ctx.restore();
}

// Fills: triangles up for buys and down for sells, filled as taker, empty as maker, and squares in
// auctions and closings.
function drawFills(plot, {fills}) {
  const {ctx} = plot;
  const {left, top, width, height} = plot.bbox;
  const size = 5 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  fills.time.forEach((time, i) => {
    const x = plot.valToPos(time, 'x', true);
    const y = plot.valToPos(fills.price[i], 'y', true);
    const up = fills.qty[i] > 0 ? 1 : -1;
    ctx.strokeStyle = ctx.fillStyle = variable(up > 0 ? '--good' : '--bad');
    ctx.beginPath();
    if (fills.role[i] === 2) {
      ctx.rect(x - size, y - size, 2 * size, 2 * size);
    } else {
      ctx.moveTo(x, y - up * size);
      ctx.lineTo(x + size, y + up * size);
      ctx.lineTo(x - size, y + up * size);
      ctx.closePath();
    }
    if (fills.role[i] === 1) ctx.fill();
    ctx.stroke();
  });
  ctx.restore();
}

// The price path of an episode with its fills, and the book's depth behind where it was recorded.
export function pricePath(detail) {
  const prices = [...detail.mid, ...detail.fills.price].filter((p) => p !== null);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const room = Math.max(6 * detail.tick_size, 0.15 * (high - low));
  const what = detail.depth ? ', with the depth of the book behind' : '';
  return chart(
    [{label: 'mid', x: detail.time, y: detail.mid, stroke: () => variable('--text'), width: 1.5}],
    {label: `Mid and fills${what}`, xLabel: 'time, s', xName: 't =', yLabel: 'price, currency', height: 360,
     yRange: (u, min, max) => (min === null ? [low - room, high + room] : [
       Math.min(min, low) - room, Math.max(max, high) + room]),
     behind: (u) => drawDepth(u, detail), over: (u) => drawFills(u, detail)});
}

// The position of an episode, or an execution's progress against its plan.
export function position(c, detail) {
  const execution = c.kind === 'execution';
  const lines = [{label: execution ? 'done' : 'position', x: detail.time,
    y: execution ? detail.executed : detail.inventory, stepped: true, stroke: () => color(c.index)}];
  if (execution && detail.plan.some((lots) => lots !== null)) {
    lines.push({label: 'plan', x: detail.time, y: detail.plan, dash: [6, 4], width: 1.5,
      stroke: () => variable('--faint')});
  }
  return chart(lines, {label: execution ? 'Parent order done, and its plan (dashed)' : 'Position',
    xLabel: 'time, s', xName: 't =', yLabel: 'lots'});
}

export function equity(c, detail) {
  return chart([{label: 'P&L', x: detail.time, y: detail.equity, stroke: () => color(c.index)}],
    {label: 'P&L, net of fees', xLabel: 'time, s', xName: 't =', yLabel: 'currency'});
}


