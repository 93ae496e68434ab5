// The page that makes an embed: an element with its options and looks, live, and the tag to copy.

import { FieldSet } from './gallery/fields.js';
import { STARTS } from './gallery/starts.js';
import { tagOf } from './gallery/tag.js';
import { Theme } from './gallery/theme.js';

/** @typedef {{ name: string, kind: import('../../www/elements/attributes.js').ValueKind, about: string }} Attribute */

/** @type {Record<string, Attribute[]>} */
const options = JSON.parse(document.getElementById('attributes')?.textContent ?? '{}');

const root = /** @type {HTMLElement} */ (document.getElementById('gallery'));

/** @template {keyof HTMLElementTagNameMap} Name @param {Name} name @param {string} className @param {(Node | string)[]} children */
function make(name, className, ...children) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
}

const choice = make('select', 'element');
choice.append(...Object.keys(STARTS).map((name) => new Option(`<${name}>`, name)));
const fields = make('div', 'fields');
const stage = make('div', 'exhibit');
const code = make('code', '');
const copy = make('button', '', 'Copy the tag');
copy.type = 'button';
const copied = make('span', 'copied');
copied.setAttribute('role', 'status');
const theme = new Theme(refresh);
root.append(
  make('label', 'which', make('span', '', 'Element'), choice),
  make('form', 'choices', fields, theme.element),
  make(
    'div',
    'result',
    make('h2', '', 'Live'),
    stage,
    make('h2', '', 'The tag'),
    make('div', 'made', Object.assign(make('pre', '', code), { tabIndex: 0 })),
    make('p', '', copy, ' ', copied),
  ),
);

/** @type {FieldSet} */
let set;
/** @type {HTMLElement} */
let element;

/** Shows another element. @param {string} name */
async function show(name) {
  const { attributes, own } = STARTS[name];
  set = new FieldSet([...own, ...(options[name] ?? [])], attributes, change);
  fields.replaceChildren(set.element);
  element = document.createElement(name);
  for (const [attribute, value] of Object.entries(set.values)) element.setAttribute(attribute, value);
  if (name === 'hearth-map') element.setAttribute('data', '../data/mnist');
  stage.replaceChildren(element);
  refresh();
  await import(`../../www/elements/${name}.js`);
}

/** A field has another value. @param {string} attribute @param {string | null} value */
function change(attribute, value) {
  const live = attribute === 'data' && value ? value.replace('https://YOUR-HOST/', '../') : value;
  if (live === null) element.removeAttribute(attribute);
  else element.setAttribute(attribute, live);
  // What it is only asked for when it begins.
  if (attribute === 'autoplay') void (/** @type {any} */ (element).start?.());
  refresh();
}

/** Shows theme and tag as they are now. */
function refresh() {
  theme.dress(element);
  code.textContent = tagOf(element.localName, set.values, theme);
  copied.textContent = '';
}

choice.addEventListener('change', () => void show(choice.value));
root.querySelector('form')?.addEventListener('submit', (event) => event.preventDefault());
copy.addEventListener('click', async () => {
  await navigator.clipboard.writeText(code.textContent ?? '');
  copied.textContent = 'Copied.';
});

void show(choice.value);
