// What a text says of itself: its title, made from who it is about and where or what, and its language.

/** How much of a text says whom it is about. */
const OPENING = 400;
const MOST_WORDS = 6;

const SMALL = new Set(['a', 'an', 'and', 'at', 'by', 'for', 'in', 'of', 'on', 'the', 'to', 'with']);
/** Words that begin sentences and are no names. */
const NO_NAME =
  /^(?:A|After|All|An|And|As|At|But|By|Every|Far|For|From|He|Her|His|How|I|If|In|It|Its|Long|Many|My|No|Not|Now|On|Once|One|Our|She|So|Some|Soon|The|Then|There|They|This|Today|Two|We|When|Where|While|Why|With|You|Your)$/;
/** What stands behind who a story is about. */
const VERBS = 'who|lived|was|wanted|loved|found|decided|had|went|saw|that|stood|sat';
/** One to three words that say who somebody is. */
const WHO = '(?:[Aa]n?|[Tt]he) ((?:[\\p{Ll}-]+ ){0,2}?[\\p{Ll}-]+)';
const QUOTE = '[“"‘\']?';

/** @param {string} text @returns {string} empty where the text has no words yet */
export function titleOf(text) {
  const opening = text.trim().slice(0, OPENING);
  const place = opening.match(/\bin (?:an?|the) ((?:[\p{Ll}-]+ ){0,1}[\p{Ll}-]+)(?=[,.;])/u)?.[1];
  const [, who, named] =
    opening.match(new RegExp(`\\b(?:${WHO},? )?(?:named|called) ${QUOTE}(\\p{Lu}[\\p{L}-]+)`, 'u')) ?? [];
  const name = named ?? nameIn(opening);
  if (name && place) return capitalised(`${name} in the ${place}`);
  if (name && who) return capitalised(`${name} the ${who}`);
  if (name) return capitalised(`the story of ${name}`);
  const heroes = opening.matchAll(new RegExp(`\\b${WHO},? (?:${VERBS})\\b`, 'gu'));
  const hero = [...heroes]
    .map(([, hero]) => hero)
    .find((hero) => !/\b(?:time|there|day|morning|evening|night)\b/.test(hero));
  return hero ? capitalised(`the ${hero}`) : beginningOf(opening);
}

/** A name in the middle of a sentence, where nothing else is written with a capital. @param {string} text */
function nameIn(text) {
  const inside = [...text.matchAll(/[\p{Ll},] (\p{Lu}\p{Ll}+)/gu)].map(([, word]) => word);
  return inside.find((word) => !NO_NAME.test(word));
}

/** The first words, where nothing says more. @param {string} text */
function beginningOf(text) {
  const [sentence] = text.split(/[.!?。！？\n]/);
  const words = sentence.trim().split(/\s+/).filter(Boolean);
  if (words.length <= MOST_WORDS) return words.join(' ').slice(0, 60);
  return `${words
    .slice(0, MOST_WORDS)
    .join(' ')
    .replace(/[,;:]$/, '')}…`;
}

/** @param {string} title */
function capitalised(title) {
  const words = title.split(' ');
  return words
    .map((word, index) => (index > 0 && SMALL.has(word) ? word : word[0].toUpperCase() + word.slice(1)))
    .join(' ');
}

/** What a text is written in: the models that write tales know English, and a reader may write Chinese. @param {string} text */
export const languageOf = (text) => (/\p{Script=Han}/u.test(text) ? 'zh' : 'en');

/** A title as the name of a file. @param {string} title */
export function fileNameOf(title) {
  const name = title
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return name.slice(0, 60) || 'story';
}
