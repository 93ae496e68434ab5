// What every page does: the list of pages is closed on small screens, and code can be copied.

const pages = document.querySelector('details.pages');
const isSmall = matchMedia('(max-width: 60rem)');
const settle = () => pages?.toggleAttribute('open', !isSmall.matches);
isSmall.addEventListener('change', settle);
settle();

const nav = pages?.querySelector('nav');
const here = nav?.querySelector('[aria-current]');
if (nav && here) nav.scrollTop = here.getBoundingClientRect().top - nav.getBoundingClientRect().top - 200;

for (const pre of document.querySelectorAll('pre')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(pre.textContent ?? '');
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
  const frame = document.createElement('div');
  frame.className = 'code';
  pre.replaceWith(frame);
  frame.append(pre, button);
}
