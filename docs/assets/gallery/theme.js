// An element's looks: colours by CSS variables, corners by parts.

/** @typedef {{ title: string, colours: Record<string, string> }} Preset */

/** Colours for light and dark, whose contrast has been looked at. @type {Record<string, Preset>} */
const PRESETS = {
  ember: { title: 'Ember (default)', colours: {} },
  sea: {
    title: 'Sea',
    colours: {
      '--paper': 'light-dark(#f2f9fb, #0e1a20)',
      '--line': 'light-dark(#b5d3dc, #2b4a56)',
      '--ember': 'light-dark(#0b6478, #6fd3ea)',
      '--on-ember': 'light-dark(#ffffff, #06232b)',
    },
  },
  moss: {
    title: 'Moss',
    colours: {
      '--paper': 'light-dark(#f6f9f1, #161b12)',
      '--line': 'light-dark(#c6d3b4, #3b4730)',
      '--ember': 'light-dark(#3d6b1f, #a5d57f)',
      '--on-ember': 'light-dark(#ffffff, #14250a)',
    },
  },
  paper: {
    title: 'Black and white',
    colours: {
      '--ink': 'light-dark(#000000, #ffffff)',
      '--soft': 'light-dark(#444444, #cccccc)',
      '--paper': 'light-dark(#ffffff, #000000)',
      '--line': 'light-dark(#888888, #888888)',
      '--ember': 'light-dark(#000000, #ffffff)',
      '--on-ember': 'light-dark(#ffffff, #000000)',
    },
  },
};

/** The parts whose corners can be set. */
const CORNERS = { button: 'Corners of buttons', picture: 'Corners of pictures', field: 'Corners of fields' };
const SELECTORS = /** @type {const} */ ({
  button: ['button', 'main-button'],
  picture: ['picture', 'digit'],
  field: ['field'],
});
/** The colours that a visitor of the page can choose one by one. */
const COLOURS = { '--ember': 'What stands out', '--paper': 'Buttons and fields', '--line': 'Borders' };

/** @param {string} text @param {HTMLElement} field */
function labelled(text, field) {
  const label = document.createElement('label');
  const title = document.createElement('span');
  title.textContent = text;
  label.append(title, field);
  return label;
}

/** A colour in the only form that a field takes. @param {string} colour as CSS has it, which may depend on the scheme */
function hexOf(colour) {
  const probe = document.createElement('i');
  probe.style.color = colour;
  document.body.append(probe);
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return `#${parts
    .slice(0, 3)
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
}

export class Theme {
  element = document.createElement('fieldset');
  /** The CSS variables that are set. @type {Record<string, string>} */
  colours = {};
  /** The corners of parts, in pixels. @type {Partial<Record<keyof typeof CORNERS, number>>} */
  corners = {};
  #sheet = new CSSStyleSheet();
  /** A field for each colour that can be chosen by itself. @type {Map<string, HTMLInputElement>} */
  #pickers = new Map();
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    document.adoptedStyleSheets.push(this.#sheet);
    const legend = document.createElement('legend');
    legend.textContent = 'Looks';
    this.element.append(legend, this.#presets(), ...this.#colourFields(), ...this.#sliders());
  }

  /** The rules that a page needs for it. @param {string} selector @returns {string} */
  css(selector) {
    const colours = Object.entries(this.colours).map(([name, colour]) => `  ${name}: ${colour};`);
    const rules = colours.length ? [`${selector} {\n${colours.join('\n')}\n}`] : [];
    for (const [part, radius] of Object.entries(this.corners)) {
      const parts = SELECTORS[/** @type {keyof typeof CORNERS} */ (part)];
      const all = parts.map((name) => `${selector}::part(${name})`).join(',\n');
      rules.push(`${all} {\n  border-radius: ${radius}px;\n}`);
    }
    return rules.join('\n');
  }

  /** Has an element look so. @param {HTMLElement} element */
  dress(element) {
    this.#sheet.replaceSync(this.css(element.localName));
    const style = getComputedStyle(element);
    for (const [name, field] of this.#pickers) {
      const colour = style.getPropertyValue(name);
      if (colour) field.value = hexOf(colour);
    }
  }

  #presets() {
    const menu = document.createElement('select');
    menu.append(...Object.entries(PRESETS).map(([name, { title }]) => new Option(title, name)));
    menu.addEventListener('change', () => {
      this.colours = { ...PRESETS[menu.value].colours };
      this.#onChange();
    });
    return labelled('Colours', menu);
  }

  #colourFields() {
    return Object.entries(COLOURS).map(([name, title]) => {
      const field = document.createElement('input');
      field.type = 'color';
      this.#pickers.set(name, field);
      field.addEventListener('input', () => {
        this.colours[name] = field.value;
        this.#onChange();
      });
      const label = labelled(title, field);
      label.className = 'colour';
      return label;
    });
  }

  #sliders() {
    return Object.entries(CORNERS).map(([part, title]) => {
      const field = document.createElement('input');
      field.type = 'range';
      field.max = '32';
      field.value = part === 'picture' ? '3' : '10';
      field.addEventListener('input', () => {
        this.corners[/** @type {keyof typeof CORNERS} */ (part)] = Number(field.value);
        this.#onChange();
      });
      return labelled(title, field);
    });
  }
}
