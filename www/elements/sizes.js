// How much there is to download, as far as that is known beforehand: of the models that ship.

const MODELS = new URL('../../models/', import.meta.url);
const HALF = '.fp16.safetensors';

/**
 * The bytes of these folders' weights; null unless all of them are known.
 * @param {readonly (string | URL)[]} folders
 * @returns {Promise<number | null>}
 */
export async function bytesOf(folders) {
  try {
    const names = folders.map((folder) => {
      const { href } = new URL(folder, document.baseURI);
      return href.startsWith(MODELS.href) ? `${href.slice(MODELS.href.length).replace(/\/$/, '')}/` : null;
    });
    if (names.includes(null)) return null;
    const response = await fetch(new URL('manifest.json', MODELS));
    const { files } = await response.json();
    const sizes = names.map((name) => sizeIn(files, /** @type {string} */ (name)));
    return sizes.includes(0) ? null : sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return null; // it is only good to know
  }
}

/**
 * @param {Record<string, { size: number }>} files
 * @param {string} folder
 */
function sizeIn(files, folder) {
  const own = Object.keys(files).filter((file) => file.startsWith(folder));
  // Of a file that is there in half precision too, only that is fetched.
  const needed = own.filter(
    (file) => !own.includes(file.replace(/\.safetensors$/, HALF)) || file.endsWith(HALF),
  );
  return needed.reduce((sum, file) => sum + files[file].size, 0);
}
