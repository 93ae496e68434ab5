// @ts-nocheck: it is put into the glue of the wasm, which has no types of its own
// What stands for the wasm's GanTraining where a build of it is not there yet: numbers and pictures that look like a
// training's, from its options and seed. It keeps the trainer's contract, down to one borrower at a time.

class GanTraining {
  #config;
  #data = null;
  #options = {};
  #steps = 0;
  #busy = false;
  #skill = 0;

  constructor(config) {
    this.#config = JSON.parse(config);
  }

  free() {
    this.#borrow();
    this.freed = true;
  }

  info() {
    const { image_size, num_channels, latent_dim, num_classes = 0 } = this.#config;
    return { kind: 'gan', image_size, num_channels, latent_dim, num_classes };
  }

  set_data(pixels, labels, height, width) {
    const { image_size, num_classes } = this.#config;
    if (height !== image_size || width !== image_size) {
      throw coded('data-invalid', `the pictures are ${height} × ${width}; the model's are ${image_size}`);
    }
    if (num_classes && !labels) throw coded('data-invalid', 'the model has classes, and the data no labels');
    this.#data = { pixels, labels, count: pixels.length / (height * width) };
  }

  start(options) {
    this.#borrow();
    const defaults = {
      batch_size: 64,
      learning_rate: 2e-4,
      betas: [0.9, 0.999],
      discriminator_steps: 1,
      label_smoothing: 0,
      optimizer: 'Adam',
      loss: 'bce',
      weight_clip: 0.01,
      seed: 4711,
    };
    this.#options = checked({ ...defaults, ...options }, defaults);
    this.#steps = this.#skill = 0;
  }

  change(options) {
    this.#borrow();
    this.#options = checked({ ...this.#options, ...options }, this.#options);
  }

  options() {
    this.#borrow();
    return { ...this.#options };
  }

  get step_index() {
    this.#borrow();
    return this.#steps;
  }

  async advance(steps) {
    return this.#hold(async () => {
      const rows = new Float32Array(steps * 4);
      for (let step = 0; step < steps; step++) {
        await new Promise((resolve) => setTimeout(resolve, 4));
        if (this.#options.learning_rate > 0.5) {
          throw coded('training-diverged', `d_loss is NaN at step ${this.#steps + 1}`);
        }
        const { discriminator_steps, label_smoothing } = this.#options;
        this.#skill += (1 - this.#skill) / 300;
        this.#steps += 1;
        const lead = Math.min(0.48, 0.1 * discriminator_steps * Math.exp(-label_smoothing));
        const wobble = (scale) => (noise(this.#options.seed + this.#steps * scale) - 0.5) * 0.12;
        const real = clamp(0.5 + lead + wobble(3));
        const fake = clamp(0.5 - lead + wobble(7));
        rows.set([-Math.log(real) - Math.log(1 - fake), -Math.log(fake), real, fake], step * 4);
      }
      return rows;
    });
  }

  async pictures() {
    return this.#hold(async () => {
      const { image_size, num_classes } = this.#config;
      const area = image_size * image_size;
      const rgba = new Uint8ClampedArray(40 * area * 4).fill(255);
      const isCollapsed = this.#options.learning_rate > 5e-4;
      for (let index = 0; index < 40; index++) {
        const from = isCollapsed ? this.#likeness(0, 0) : this.#likeness(index % (num_classes || 40), index);
        for (let pixel = 0; pixel < area; pixel++) {
          const real = this.#data.pixels[from * area + pixel];
          const mixed = real * this.#skill + 255 * noise(index * area + pixel) * (1 - this.#skill);
          rgba.fill(mixed, (index * area + pixel) * 4, (index * area + pixel) * 4 + 3);
        }
      }
      return { rgba, scores: new Float32Array(40).fill(0.4) };
    });
  }

  async verdicts() {
    return this.#hold(async () => {
      const lead = Math.min(0.45, 0.1 * this.#options.discriminator_steps);
      const batch = { length: this.#options.batch_size };
      const around = (mean, of) =>
        Float32Array.from(batch, (_, i) => clamp(mean + (noise(of + i) + noise(of * 2 + i) - 1) * 0.25));
      return { real: around(0.5 + lead, this.#steps), fake: around(0.5 - lead, this.#steps + 99) };
    });
  }

  async save() {
    return this.#hold(async () =>
      new TextEncoder().encode(JSON.stringify([this.#steps, this.#skill, this.#options])),
    );
  }

  open(bytes) {
    this.#borrow();
    try {
      [this.#steps, this.#skill, this.#options] = JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      throw coded('weights-invalid', 'this is no checkpoint');
    }
  }

  /** A picture of the data of this class, if there are classes. */
  #likeness(label, index) {
    const { labels, count } = this.#data;
    for (let at = (index * 97) % count, tries = 0; tries < count; at = (at + 1) % count, tries++) {
      if (!labels || labels[at] === label) return at;
    }
    return index % count;
  }

  /** As wasm-bindgen does it: no second use while a call is under way. */
  #borrow() {
    if (this.#busy) throw new Error('recursive use of an object detected');
  }

  async #hold(work) {
    this.#borrow();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }
}

function coded(code, message) {
  return Object.assign(new Error(message), { code });
}

function checked(options, known) {
  for (const name of Object.keys(options)) {
    if (!(name in known)) throw coded('invalid-option', `there is no option ${name}`);
  }
  const { learning_rate, batch_size } = options;
  if (!(learning_rate > 0))
    throw coded('invalid-option', `learning_rate is ${learning_rate}; it must be above 0`);
  if (!(batch_size >= 2)) throw coded('invalid-option', `batch_size is ${batch_size}; it must be 2 or more`);
  return options;
}

const clamp = (x) => Math.min(0.99, Math.max(0.01, x));
const noise = (seed) => Math.abs(Math.sin(seed * 12.9898) * 43758.5453) % 1;
