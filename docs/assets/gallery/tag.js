// The tag as a page writes it.

/** @param {string} text */
const quoted = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/**
 * The script, the looks if there are any, and the element.
 * @param {string} name of the element
 * @param {Record<string, string>} attributes
 * @param {{ css: (selector: string) => string }} theme
 */
export function tagOf(name, attributes, theme) {
  const parts = Object.entries(attributes).map(([attribute, value]) =>
    value === '' ? attribute : `${attribute}="${quoted(value)}"`,
  );
  const line = [name, ...parts].join(' ');
  const open = line.length < 72 ? `<${line}>` : `<${[name, ...parts].join('\n  ')}\n>`;
  const css = theme.css(name);
  const style = css ? `<style>\n${css.replace(/^/gm, '  ')}\n</style>\n` : '';
  return `<script type="module" src="https://YOUR-HOST/www/elements/${name}.js"></script>\n${style}${open}</${name}>\n`;
}
