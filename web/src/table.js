// The table of metrics: sorted by any column, filtered by text.
import {h, shown} from './dom.js';

const COLUMNS = [
  {key: 'contestant', title: 'strategy', text: true},
  {key: 'metric', title: 'metric', text: true},
  {key: 'mean', title: 'mean'},
  {key: 'ci_low', title: '95% low'},
  {key: 'ci_high', title: '95% high'},
  {key: 'sd', title: 'sd'},
  {key: 'median', title: 'median'},
  {key: 'unit', title: 'unit', text: true},
  {key: 'episodes', title: 'episodes'},
];

// The words of a name, between which a line may break.
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((word) => [word, h('wbr')]);
}

// `rows` have the keys above, `help` and `index`, the contestant's.
export function metricsTable(rows, markOf) {
  const state = {key: null, down: false, filter: '', shown: () => true};
  const body = h('tbody');
  const heads = COLUMNS.map((column) => h('th', {class: column.text ? 'text' : null, scope: 'col'},
    h('button', {type: 'button', 'data-key': column.key, onclick: () => sortBy(column)}, column.title)));

  function sortBy(column) {
    state.down = state.key === column.key ? !state.down : !column.text;
    state.key = column.key;
    draw();
  }

  function compare(a, b) {
    const [x, y] = [a[state.key], b[state.key]];
    if (x === null || y === null) return (x === null) - (y === null);  // no value: last
    const order = typeof x === 'string' ? x.localeCompare(y) : x - y;
    return state.down ? -order : order;
  }

  function draw() {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = rows.filter((row) => state.shown(row.index) &&
      words.every((word) => `${row.contestant} ${row.metric}`.toLowerCase().includes(word)));
    if (state.key !== null) wanted.sort(compare);
    COLUMNS.forEach((column, i) => {
      const order = state.down ? 'descending' : 'ascending';
      if (column.key === state.key) heads[i].setAttribute('aria-sort', order);
      else heads[i].removeAttribute('aria-sort');
    });
    body.replaceChildren(...wanted.map((row) => h('tr', {}, COLUMNS.map((column) => {
      const value = row[column.key];
      const content = column.text ? String(value ?? '') : shown(value);
      return h('td', {
        class: column.text ? 'text' : null,
        title: {metric: row.help, contestant: row.contestant}[column.key],
        'data-key': column.key,
        'data-value': value,
      }, column.key === 'contestant' ? markOf(row.index) : null,
      column.key === 'metric' ? breakable(content) : content);
    }))));
  }

  const filter = h('input', {type: 'search', placeholder: 'filter, such as pnl', 'aria-label': 'Filter of the table',
    oninput: (event) => { state.filter = event.target.value; draw(); }});
  const element = h('div', {}, h('div', {class: 'row'}, filter),
    h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Metrics'},
      h('table', {class: 'metrics'}, h('thead', {}, h('tr', {}, heads)), body)));
  element.redraw = (isShown) => {
    state.shown = isShown;
    draw();
  };
  draw();
  return element;
}
