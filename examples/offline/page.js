// Digits, and the models that are kept: a visitor sees how large they are, and removes them.

import 'hearth-web/elements/hearth-digits.js';
import { models, persist, remove, usage } from 'hearth-web/offline';

const find = (selector) => document.querySelector(selector);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

async function show() {
  const kept = await models();
  const items = kept.map(({ url, size, complete }) => {
    const item = document.createElement('li');
    const away = document.createElement('button');
    away.textContent = 'Remove';
    away.onclick = () => remove(url).then(show);
    item.append(`${url}: ${megabytes(size)}${complete ? '' : ', not all of it'} `, away);
    return item;
  });
  find('#models').replaceChildren(...items);
  const { used, available } = await usage();
  find('#usage').textContent = `${megabytes(used)} of ${megabytes(available)}`;
}

find('hearth-digits').addEventListener('complete', show);
find('#persist').addEventListener('click', async ({ target }) => {
  target.textContent = (await persist()) ? 'It is kept' : 'The browser may still give it up';
});
show();
