// A field for each attribute: a box to tick for what is true or false, a menu for what is one of a few, a line for all else.

/** @typedef {import('../gallery.js').Attribute} Attribute */

/** The first few are always in sight, the rest behind a summary. */
const IN_SIGHT = 5;

/** Whether an attribute stands alone, as `controls` does. @param {Attribute['kind']} kind */
const isFlag = (kind) => typeof kind === 'object' && kind.length === 2 && kind.includes('true');

export class FieldSet {
  element = document.createElement('div');
  /** The attributes that have a value. @type {Record<string, string>} */
  values;

  /**
   * @param {Attribute[]} attributes
   * @param {Record<string, string>} values those to begin with
   * @param {(name: string, value: string | null) => void} onChange
   */
  constructor(attributes, values, onChange) {
    this.values = { ...values };
    const set = attributes.filter(({ name }, index) => name in values || index === 0);
    const others = attributes.filter((attribute) => !set.includes(attribute));
    const first = [...set, ...others].slice(0, Math.max(IN_SIGHT, set.length));
    const rest = others.filter((attribute) => !first.includes(attribute));
    this.element.append(...first.map((attribute) => this.#field(attribute, onChange)));
    if (rest.length === 0) return;
    const more = document.createElement('details');
    const summary = document.createElement('summary');
    summary.textContent = `${rest.length} more attributes`;
    more.append(summary, ...rest.map((attribute) => this.#field(attribute, onChange)));
    this.element.append(more);
  }

  /** @param {Attribute} attribute @param {(name: string, value: string | null) => void} onChange */
  #field({ name, kind, about }, onChange) {
    const field = this.#control(name, kind);
    const label = document.createElement('label');
    const title = document.createElement('span');
    title.textContent = name;
    if (field.type === 'checkbox') label.className = 'flag';
    label.append(...(field.type === 'checkbox' ? [field, title] : [title, field]));
    const hint = document.createElement('small');
    hint.id = `about-${name}`;
    hint.textContent = about;
    field.setAttribute('aria-describedby', hint.id);
    field.addEventListener('change', () => {
      const ticked = field instanceof HTMLInputElement && field.checked ? '' : null;
      const value = field.type === 'checkbox' ? ticked : field.value.trim() || null;
      if (value === null) delete this.values[name];
      else this.values[name] = value;
      onChange(name, value);
    });
    const row = document.createElement('div');
    row.className = 'field';
    row.append(label, hint);
    return row;
  }

  /** @param {string} name @param {Attribute['kind']} kind */
  #control(name, kind) {
    const value = this.values[name];
    if (typeof kind === 'object' && !isFlag(kind)) {
      const menu = document.createElement('select');
      menu.append(new Option('', ''), ...kind.map((one) => new Option(one, one, false, one === value)));
      return menu;
    }
    const several = kind === 'lines';
    const field = document.createElement(several ? 'textarea' : 'input');
    field.spellcheck = false;
    if (field instanceof HTMLInputElement) {
      field.autocomplete = 'off';
      if (isFlag(kind)) field.type = 'checkbox';
      field.checked = isFlag(kind) && value !== undefined;
      if (kind === 'number') field.inputMode = 'decimal';
    }
    if (!isFlag(kind)) field.value = value ?? '';
    return field;
  }
}
