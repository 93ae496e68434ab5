// The addresses of a model's folder and of the files in it, and what people write in place of them.

/** The Hugging Face Hub and hosts with the same paths, by each of their names. @type {Record<string, string>} */
const HUBS = {
  'huggingface.co': 'huggingface.co',
  'www.huggingface.co': 'huggingface.co',
  'hf.co': 'huggingface.co',
  'hf-mirror.com': 'hf-mirror.com',
};

/** What stands between a repository's name and a revision, on pages of files. */
const VIEW = '(?:tree|blob|raw|resolve|blame|edit|commits?)';
/** What a file of a model ends in. */
const FILE = /\.(safetensors|json|bin|txt)$/i;
/** What the Hub calls a model: an owner and a name. The oldest have a name alone. */
const NAME = /^\w[\w.-]*(\/\w[\w.-]*)?$/;

/**
 * The folder that `model` stands for: an absolute URL whose path ends in a slash. Its query stays, because that may be a
 * signature which every file needs. A file stands for its folder, and so does a page of the Hub's or of GitHub's.
 * @param {string | URL} model
 * @param {string} base what it is relative to
 * @returns {string}
 */
export function folderAddress(model, base) {
  const text = String(model).replace(/^hf:\/\/([^/]+\/[^/@]+)(?:@([^/]+))?/, (_, repository, revision) =>
    [`https://huggingface.co/${repository}/tree`, revision ?? 'main'].join('/'),
  );
  const url = new URL(Object.hasOwn(HUBS, text.split('/')[0]) ? `https://${text}` : text, base);
  const folder = onHub(url) ?? onGitHub(url) ?? url;
  const names = folder.pathname.split('/');
  if (FILE.test(names.at(-1) ?? '')) names.pop();
  folder.pathname = names.join('/').replace(/\/*$/, '/');
  folder.hash = '';
  return folder.href;
}

/**
 * The address of a file in a folder, or beside another file.
 * @param {string} folder
 * @param {string} file
 */
export function fileAddress(folder, file) {
  const url = new URL(file, folder);
  url.search = new URL(folder).search;
  return url.href;
}

/** An address as messages show it: without what may be a signature. @param {string} address */
export function withoutQuery(address) {
  return address.replace(/[?#].*/, '');
}

/**
 * The Hub's address of what may be the name of a model there. A path relative to the page can look the same.
 * @param {string | URL} model
 * @returns {string | undefined}
 */
export function hubAddress(model) {
  return NAME.test(String(model)) ? `https://huggingface.co/${model}/resolve/main` : undefined;
}

/** The folder that a page of the Hub's is about. @param {URL} url */
function onHub({ protocol, host, pathname }) {
  if (!Object.hasOwn(HUBS, host) || !/^https?:$/.test(protocol)) return undefined;
  // A revision may have slashes, which the Hub's own addresses escape.
  const path = pathname.replace(/\/refs\/(pr|convert)\//, '/refs%2F$1%2F');
  const [, repository, revision = 'main', within = ''] =
    path.match(new RegExp(`^/+(?:api/models/)?(.+?)/${VIEW}/([^/]+)/*(.*)$`)) ??
    path.match(/^\/+(?:api\/models\/)?((?:(?:datasets|spaces)\/)?[^/]+(?:\/[^/]+)?)/) ??
    [];
  if (!repository) return undefined;
  return new URL(`https://${HUBS[host]}/${bare(repository)}/resolve/${revision}/${within}`);
}

/** The folder that a page of GitHub's is about, at the host that lets other sites read it. @param {URL} url */
function onGitHub({ host, pathname }) {
  if (!/^(www\.)?github\.com$/.test(host)) return undefined;
  const [, repository, revision = 'HEAD', within = ''] =
    pathname.match(new RegExp(`^/+([^/]+/[^/]+)(?:/${VIEW}/([^/]+)/*(.*))?`)) ?? [];
  if (!repository) return undefined;
  return new URL(`https://raw.githubusercontent.com/${bare(repository)}/${revision}/${within}`);
}

/** A repository's name, also where its git address was given. @param {string} repository */
function bare(repository) {
  return repository.replace(/\.git$/, '');
}
