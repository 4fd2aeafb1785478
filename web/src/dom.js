// Elements and texts. Text from the data enters the page only as text nodes and attributes.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

// A number for reading: about five digits, without exponents where that is possible.
export function shown(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(3);
  const digits = Math.min(6, Math.max(0, 4 - Math.floor(Math.log10(size))));
  return value.toLocaleString('en-US', {maximumFractionDigits: digits});
}

// The colour of a contestant, from the style sheet: it differs between light and dark.
export const COLORS = 8;
export function color(index, alpha = 1) {
  const name = `--series-${index % COLORS}`;
  return fade(getComputedStyle(document.documentElement).getPropertyValue(name).trim(), alpha);
}

export function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function fade(hex, alpha) {
  const value = parseInt(hex.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}
