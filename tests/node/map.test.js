// What the map of digits computes without a browser.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { AXES, cumulative, ellipse, latentsAt, pointOf, quantile } from '../../www/elements/map/axes.js';
import { centred } from '../../www/elements/map/centre.js';
import { differenceOf, inkShares } from '../../www/elements/map/difference.js';
import { nearestClass } from '../../www/elements/map/nearest.js';
import { folderFor, networksOf } from '../../www/elements/map/networks.js';
import { Newest } from '../../www/elements/map/newest.js';
import { fractionOf, keyOf, levelsOf, middleOf, nextTiles, tilesOf } from '../../www/elements/map/tiles.js';
import { WHOLE, isOnShow, panned, placeOf, pointAt, showing, zoomed } from '../../www/elements/map/view.js';
import { evenly, way } from '../../www/elements/map/way.js';

/** @param {number} got @param {number} wanted @param {number} [tolerance] */
const near = (got, wanted, tolerance = 1e-6) =>
  assert.ok(Math.abs(got - wanted) <= tolerance, `${got} is not ${wanted}`);

describe('the axes', () => {
  test('have the quantiles of the unit normal', () => {
    // From tables: Φ⁻¹(0.975), Φ⁻¹(0.9), Φ⁻¹(0.001).
    for (const [share, z] of [
      [0.5, 0],
      [0.975, 1.959963985],
      [0.9, 1.281551566],
      [0.001, -3.090232306],
    ])
      near(quantile(share), z, 1e-8);
    near(cumulative(1), 0.841344746, 1e-7);
    near(cumulative(-2), 0.022750132, 1e-7);
  });

  for (const [name, axis] of Object.entries(AXES)) {
    test(`lead to a latent and back (${name})`, () => {
      for (const share of [0.001, 0.02, 0.3, 0.5, 0.77, 0.999]) near(axis.share(axis.latent(share)), share);
      for (const latent of [-100, 100]) assert.ok(axis.share(latent) > 0 && axis.share(latent) < 1);
      for (const share of [0, 1]) assert.ok(Number.isFinite(axis.latent(share)));
    });
  }

  test('grow to the right and upwards', () => {
    const [first, second] = latentsAt(AXES.linear, [0.75, 0.25]);
    assert.deepEqual([first, second], [1.5, 1.5]);
    assert.deepEqual(pointOf(AXES.linear, [1.5, 1.5]), [0.75, 0.25]);
  });

  test('bend the outline of a distribution, which is its standard deviation away on a linear plane', () => {
    const outline = ellipse(AXES.linear, [0, 0.6], [Math.log(0.09), Math.log(0.36)], 4);
    const wanted = [
      [0.55, 0.4],
      [0.5, 0.3],
      [0.45, 0.4],
      [0.5, 0.5],
    ];
    outline.forEach((point, index) => point.forEach((share, axis) => near(share, wanted[index][axis])));
  });
});

describe('a view', () => {
  test('is enlarged about a point, which stays where it is', () => {
    const view = zoomed(WHOLE, 4, [0.25, 0.5]);
    near(view.span, 0.25);
    const [x, y] = pointAt(view, [0.25, 0.5]);
    near(x, 0.25);
    near(y, 0.5);
  });

  test('never leaves the plane, nor becomes larger than it or endlessly small', () => {
    assert.deepEqual(zoomed(WHOLE, 0.1, [0, 1]), WHOLE);
    near(zoomed(WHOLE, 1e9, [0.5, 0.5]).span, 1 / 32);
    const corner = panned(zoomed(WHOLE, 2, [0.5, 0.5]), [-9, 9]);
    assert.deepEqual(corner, { left: 0.5, top: 0, span: 0.5 });
  });

  test('follows the pointer that drags it', () => {
    const view = zoomed(WHOLE, 2, [0.5, 0.5]);
    const held = pointAt(view, [0.5, 0.5]);
    const [x, y] = placeOf(panned(view, [0.25, -0.125]), held);
    near(x, 0.75);
    near(y, 0.375);
  });

  test('moves just as far as it takes to show a point', () => {
    const view = zoomed(WHOLE, 4, [0, 0]);
    assert.equal(showing(view, [0.1, 0.1]), view);
    const moved = showing(view, [0.6, 0.1]);
    assert.ok(isOnShow(moved, [0.6, 0.1]) && moved.top === view.top);
    assert.ok(isOnShow(showing(view, [1, 1]), [1, 1]));
  });
});

describe('tiles', () => {
  test('come from coarse to fine, nearest to the cursor first, and no more than asked for at once', () => {
    /** @type {Set<string>} */
    const drawn = new Set();
    const has = (/** @type {import('../../www/elements/map/tiles.js').Tile} */ tile) =>
      drawn.has(keyOf(tile));
    /** @type {number[]} */
    const levels = [];
    const at = /** @type {[number, number]} */ ([0.9, 0.1]);
    for (;;) {
      const tiles = nextTiles(WHOLE, 512, has, at, 64);
      if (tiles.length === 0) break;
      assert.ok(tiles.length <= 64);
      assert.ok(new Set(tiles.map(({ level }) => level)).size === 1, 'a batch is of one level');
      const distances = tiles.map((tile) => Math.hypot(middleOf(tile)[0] - 0.9, middleOf(tile)[1] - 0.1));
      assert.deepEqual(
        distances,
        distances.toSorted((a, b) => a - b),
      );
      for (const tile of tiles) drawn.add(keyOf(tile));
      levels.push(tiles[0].level);
    }
    assert.deepEqual(
      levels,
      levels.toSorted((a, b) => a - b),
    );
    assert.deepEqual([...new Set(levels)], [1, 2, 3, 4]);
    assert.equal(drawn.size, 4 + 16 + 64 + 256);
    assert.equal(fractionOf(WHOLE, 512, has), 1);
  });

  test('are finer in a smaller view and coarser on a smaller screen', () => {
    assert.equal(levelsOf(WHOLE, 512).at(-1), 4);
    assert.equal(levelsOf(zoomed(WHOLE, 4, [0, 0]), 512).at(-1), 6);
    assert.equal(levelsOf(WHOLE, 256).at(-1), 3);
    assert.deepEqual(levelsOf(WHOLE, 10), [1]);
  });

  test('cover a view and nothing else', () => {
    const tiles = tilesOf({ left: 0.3, top: 0.5, span: 0.25 }, 3);
    assert.deepEqual([...new Set(tiles.map(({ column }) => column))], [2, 3, 4]);
    assert.deepEqual([...new Set(tiles.map(({ row }) => row))], [4, 5]);
    assert.equal(tilesOf(WHOLE, 2).length, 16);
  });
});

describe('a drawing', () => {
  /** A filled rectangle. @param {number} size @param {[x: number, y: number, w: number, h: number]} where */
  const box = (size, [x, y, w, h]) => {
    const data = new Uint8Array(size * size);
    for (let row = y; row < y + h; row++) data.fill(255, row * size + x, row * size + x + w);
    return { data, width: size, height: size };
  };
  /** @param {{ data: ArrayLike<number>, width: number }} picture */
  const bounds = ({ data, width }) => {
    const ink = Array.from(data, (value, at) => (value > 127 ? at : -1)).filter((at) => at >= 0);
    const [columns, rows] = [ink.map((at) => at % width), ink.map((at) => Math.floor(at / width))];
    return [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
  };

  test('is as large as MNIST’s digits and in the middle, wherever and however large it was', () => {
    for (const where of /** @type {[number, number, number, number][]} */ ([
      [0, 0, 20, 40],
      [150, 60, 70, 140],
      [3, 200, 10, 20],
    ])) {
      const picture = centred(box(224, where), 28);
      assert.ok(picture);
      assert.deepEqual(bounds(picture), [9, 18, 4, 23]);
    }
  });

  test('is centred by its mass, not by its edges', () => {
    const drawing = box(100, [10, 10, 60, 20]);
    for (let row = 30; row < 70; row++) drawing.data.fill(255, row * 100 + 10, row * 100 + 20);
    const { data } = /** @type {{ data: ArrayLike<number> }} */ (centred(drawing, 28));
    let [mass, x, y] = [0, 0, 0];
    Array.from(data, (ink, at) => {
      mass += ink;
      x += ink * ((at % 28) + 0.5);
      y += ink * (Math.floor(at / 28) + 0.5);
    });
    near(x / mass, 14, 0.05);
    near(y / mass, 14, 0.05);
  });

  test('that is empty has no centre', () => {
    assert.equal(centred({ data: new Uint8Array(16), width: 4, height: 4 }, 28), null);
  });
});

test('what is lost and what is added is told apart, in shares and in colours', () => {
  const grey = (/** @type {number[]} */ data) => ({ data, width: 4, height: 1 });
  const [before, after] = [grey([200, 100, 0, 0]), grey([200, 0, 100, 0])];
  const { kept, added } = inkShares(before, after);
  near(kept, 2 / 3);
  near(added, 1 / 3);
  const rgba = differenceOf(before, after);
  assert.deepEqual([rgba[3], rgba[7], rgba[11], rgba[15]], [0, 100, 100, 0]);
  assert.notDeepEqual([...rgba.slice(4, 7)], [...rgba.slice(8, 11)]);
  assert.deepEqual(inkShares(before, before), { kept: 1, added: 0 });
  assert.deepEqual(inkShares(grey([0, 0, 0, 0]), grey([0, 0, 0, 0])), { kept: 0, added: 0 });
});

test('a way is straight, has both ends and equal steps', () => {
  const latents = way(new Float32Array([0, 2]), new Float32Array([4, 0]), 5);
  assert.deepEqual([...latents], [0, 2, 1, 1.5, 2, 1, 3, 0.5, 4, 0]);
  const steps = Array.from({ length: 33 }, (_, index) => index);
  assert.deepEqual(evenly(steps, 9), [0, 4, 8, 12, 16, 20, 24, 28, 32]);
  assert.deepEqual(evenly([1, 2], 9), [1, 2]);
});

test('of what is asked for during a call only the newest is worked on', async () => {
  /** @type {number[]} */
  const done = [];
  /** @type {(() => void)[]} */
  const ends = [];
  let atOnce = 0;
  const newest = new Newest(async (/** @type {number} */ value) => {
    assert.equal(++atOnce, 1);
    await new Promise((resolve) => ends.push(() => resolve(undefined)));
    done.push(value);
    atOnce--;
  });
  const all = newest.ask(1);
  for (const value of [2, 3, 4]) newest.ask(value);
  ends[0]();
  await new Promise((resolve) => setImmediate(resolve));
  newest.ask(5);
  newest.clear();
  ends[1]();
  await all;
  assert.deepEqual(done, [1, 4]);
});

test('a point belongs to the class of most digits near it', () => {
  const means = [0, 0, 0.1, 0, 0, 0.1, 5, 5, 5.1, 5];
  assert.deepEqual(nearestClass(means.slice(0, 6), [3, 3, 8], [0, 0]), { label: 3, votes: 2, of: 3 });
  const many = Array.from({ length: 20 }, (_, index) => (index < 10 ? [0, index / 100] : [5, 5])).flat();
  const labels = Array.from({ length: 20 }, (_, index) => (index < 10 ? 1 : 7));
  assert.deepEqual(nearestClass(many, labels, [5, 5]), { label: 7, votes: 9, of: 9 });
  assert.equal(nearestClass([], [], [0, 0]), null);
});

describe('the networks of a folder', () => {
  const base = 'https://host/page/';
  const found = (/** @type {string} */ model, betas = null, dims = null) =>
    networksOf({ model, base, betas, dims });

  test('are those that ship if it is called as theirs, and else only what an attribute lists', () => {
    const shipped = { betas: [0.25, 1, 4], dims: [2, 16] };
    for (const model of ['models/vae-mnist', '/models/vae-mnist/', 'https://cdn/m/vae-mnist?v=2'])
      assert.deepEqual(found(model), shipped);
    assert.deepEqual(found('models/mine'), { betas: [], dims: [] });
    assert.deepEqual(found('https://'), { betas: [], dims: [] });
    const listed = networksOf({ model: 'models/mine', base, betas: '8, 2 x', dims: '2' });
    assert.deepEqual(listed, { betas: [2, 8], dims: [2] });
  });

  test('are in folders that say which, but for the folder’s own', () => {
    const own = { latent_dim: 2, beta: 1 };
    const folder = (
      /** @type {string} */ model,
      /** @type {number} */ latent_dim,
      /** @type {number} */ beta,
    ) => folderFor(model, base, own, { latent_dim, beta });
    assert.equal(folder('models/vae-mnist', 2, 1), 'models/vae-mnist');
    const inside = 'https://host/page/models/vae-mnist/latent-';
    assert.equal(folder('models/vae-mnist', 2, 0.25), `${inside}2-beta-0.25/`);
    assert.equal(folder('models/vae-mnist/', 16, 1), `${inside}16-beta-1/`);
    assert.equal(folder('/m?key=1', 2, 4), 'https://host/m/latent-2-beta-4/?key=1');
  });
});
