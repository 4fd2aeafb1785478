// The report of runs: reads the page's data and builds it.
import {color, h} from './dom.js';
import {metricsTable} from './table.js';
import {adverseSelection, distribution, equity, overTime, position, pricePath, schedule} from './plots.js';

const data = JSON.parse(document.getElementById('data').textContent);
const page = document.getElementById('page');
const several = data.runs.length > 1;
const contestants = data.contestants.map((c, index) => ({
  ...c, index, label: several ? `${c.name} (${data.runs[c.run].name})` : c.name,
}));
const hidden = new Set();
const parts = [];  // of the page that depend on the choice of contestants: functions

function chosen() {
  return contestants.filter((c) => !hidden.has(c.index));
}

function mark(index) {
  const element = h('i', {class: 'mark', 'data-series': index});
  element.style.background = color(index);
  return element;
}

function redraw() {
  document.querySelectorAll('.mark[data-series]').forEach((element) => {
    element.style.background = color(Number(element.dataset.series));
  });
  parts.forEach((part) => part());
}

// A place for charts that are made anew when the choice changes.
function charts(make, more = {}) {
  const place = h('div', {class: 'grid', ...more});
  parts.push(() => {
    for (const old of place.children) old.close?.();
    place.replaceChildren(...make().filter((made) => made !== null));
  });
  return place;
}

function section(title, ...content) {
  return h('section', {}, h('h2', {}, title), content);
}

function select(label, options, onchange) {
  const element = h('select', {onchange: () => onchange(element.value)},
    options.map(([value, text]) => h('option', {value}, text)));
  return {element: h('label', {}, label, element), value: () => element.value,
    fill: (next) => element.replaceChildren(...next.map(([value, text]) => h('option', {value}, text)))};
}

// ---- sections ----------------------------------------------------------------------------------

function theme() {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches);
  const button = h('button', {type: 'button', id: 'theme', onclick: () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    name();
    redraw();
  }});
  const name = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
  dark.addEventListener('change', () => { name(); redraw(); });
  name();
  return button;
}

function heading() {
  const title = several ? `${data.runs.length} runs` : data.runs[0]?.name ?? 'No run';
  document.title = `${title}: hftsim report`;
  return h('div', {}, h('header', {}, h('h1', {}, title), theme()),
    data.runs.map((run) => h('p', {}, `${several ? `${run.name}: ` : ''}${run.command || 'hftsim'}, ${run.created}, ` +
      `hftsim ${run.version} (${run.revision})`)));
}

function choice() {
  return h('div', {class: 'row', role: 'group', 'aria-label': 'Strategies shown'}, contestants.map((c) => h('label', {},
    h('input', {type: 'checkbox', checked: true, onchange: (event) => {
      if (event.target.checked) hidden.delete(c.index);
      else hidden.add(c.index);
      redraw();
    }}), mark(c.index), `${c.label}, ${c.episodes} ${c.episodes === 1 ? 'episode' : 'episodes'}`)));
}

function table() {
  const rows = contestants.flatMap((c) => c.metrics.map((m) => ({
    ...m, contestant: c.label, metric: m.name, index: c.index})));
  const element = metricsTable(rows, mark);
  parts.push(() => element.redraw((index) => !hidden.has(index)));
  return section('Metrics', h('p', {}, 'Means over the episodes with their 95% confidence intervals.'), element);
}

function timeCharts() {
  if (!contestants.some((c) => c.bands)) {
    return section('Over time', h('p', {}, 'The runs have no series: run with --series to record them.'));
  }
  const note = 'Mean over the episodes; the bands hold the middle 50% and 90% of them.';
  return section('Over time', h('p', {}, note), charts(() => [
    overTime(chosen(), 'equity', {label: 'P&L, net of fees', yLabel: 'currency'}),
    overTime(chosen(), 'drawdown', {label: 'Drawdown: P&L below its highest so far', yLabel: 'currency'}),
    overTime(chosen(), 'inventory', {label: 'Position', yLabel: 'lots'}),
    contestants.some((c) => c.kind === 'execution') ? schedule(chosen()) : null,
  ], {id: 'over-time'}));
}

function distributions() {
  const units = new Map();
  contestants.forEach((c) => c.metrics.forEach((m) => units.set(m.name, m.unit)));
  if (units.size === 0) return null;
  const metric = select('Metric', [...units.keys()].map((name) => [name, name]), redraw);
  return section('Distribution', h('div', {class: 'row'}, metric.element),
    charts(() => [distribution(chosen(), metric.value(), units.get(metric.value()))], {id: 'distribution'}));
}

function adverse() {
  if (adverseSelection(contestants) === null) return null;
  return section('Adverse selection', charts(() => [adverseSelection(chosen())], {id: 'adverse-selection'}));
}

function episodes() {
  const recorded = contestants.filter((c) => c.details.length > 0);
  if (recorded.length === 0) return null;
  const of = () => contestants[Number(who.value())];
  const list = () => of().details.map((d, i) => [i, `${d.episode} (seed ${d.seed})`]);
  const who = select('Strategy', recorded.map((c) => [c.index, c.label]), () => { which.fill(list()); redraw(); });
  const which = select('Episode', list(), redraw);
  const detail = () => of().details[Number(which.value())];
  const note = 'Triangles up: bought, down: sold; filled: as taker, empty: as maker; squares: in an auction, ' +
    'or closing the rest of a parent order.';
  return section('Episode', h('div', {class: 'row'}, who.element, which.element), h('p', {}, note),
    charts(() => [pricePath(detail())], {id: 'price-path'}),
    charts(() => [position(of(), detail()), equity(of(), detail())], {id: 'episode'}));
}

function sources() {
  return section('Runs', data.runs.map((run) => h('div', {}, h('h3', {}, run.name),
    h('details', {}, h('summary', {}, 'Config in effect'), h('pre', {tabindex: 0}, run.config)),
    h('details', {}, h('summary', {}, 'Summary, JSON'), h('pre', {tabindex: 0}, JSON.stringify(run.summary, null, 2))))),
    contestants.map((c) => h('p', {}, mark(c.index), `${c.label} (${c.kind}): `,
      Object.entries(c.params).map(([key, value]) => `${key}=${typeof value === 'number' ? value : JSON.stringify(value)}`)
        .join(' '))));
}

page.append(...[heading(), choice(), table(), timeCharts(), distributions(), adverse(), episodes(), sources(),
  h('footer', {}, `Made by hftsim ${data.version} (${data.revision}). Charts: uPlot (MIT licence).`)]
  .filter((part) => part !== null));
redraw();
