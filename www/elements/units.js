// Times, sizes and probabilities as text.

/** Milliseconds as seconds, without decimals from ten on. @param {number} ms @param {number} [digits] decimals below ten */
export function seconds(ms, digits = 1) {
  return (ms / 1000).toFixed(ms < 9950 ? digits : 0);
}

/** @param {number} count of bytes */
export function bytes(count) {
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** A probability in per cent, with one decimal below ten. @param {number} probability */
export function percent(probability) {
  const value = probability * 100;
  if (value < 0.1) return '<0.1%';
  return `${value.toFixed(value < 9.95 ? 1 : 0)}%`;
}
