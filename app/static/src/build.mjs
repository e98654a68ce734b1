// Builds the front end into app/static/dist: hashed files and manifest.json {logical name: {file, sha256, integrity}}.
// Run after `npm ci`, from any folder: node app/static/src/build.mjs
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(SOURCE, '..', '..', '..');
const TARGET = join(SOURCE, '..', 'dist');
const STAGING = `${TARGET}.new`;

const PAGES = ['js/app.js', 'js/live.js', 'js/room.js', 'js/sheet.js', 'js/seal.js', 'js/bid_key.js', 'js/own_bid.js', 'js/draw.js', 'js/draw_file_check.js', 'js/receipt_check.js', 'js/document_check.js', 'js/booth.js', 'js/camera.js', 'js/papers.js', 'js/talk.js', 'js/presence.js', 'js/pictures.js', 'js/recordings.js', 'js/replay.js', 'css/tenderhall.css', 'css/fonts.css', 'img/mark.svg'];
// Each one self-contained file: what a worker does shares nothing with the page.
const SEALER = 'js/seal_worker.js';
const WORKERS = [SEALER, 'js/draw_worker.js'];
// What reads bids in the room; no part of sealing, and unhashed only what it asks for by name: in a folder per version.
const READERS = ['js/pdf_worker.js'];
const PDFJS = join(ROOT, 'node_modules', 'pdfjs-dist');
const PDFJS_DATA = { cmaps: null, standard_fonts: null, wasm: /^(openjpeg_nowasm_fallback\.js|LICENSE.*)$/ };
const PDF_FONTS = {
  'NotoSansSC-Regular.ttf': '400Regular/NotoSansSC_400Regular.ttf',
  'NotoSansSC-Bold.ttf': '700Bold/NotoSansSC_700Bold.ttf',
};

const SHARED = {
  absWorkingDir: SOURCE,
  outdir: STAGING,
  bundle: true,
  minify: true,
  metafile: true,
  format: 'esm',
  target: ['chrome111', 'firefox114', 'safari16.4'],
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[name]-[hash]',
  assetNames: 'fonts/[name]-[hash]',
  legalComments: 'linked',
  logLevel: 'warning',
};

function bundlePages() {
  const loader = { '.woff2': 'file', '.svg': 'copy' };
  return build({ ...SHARED, entryPoints: PAGES, splitting: true, loader });
}

function bundleWorkers() {
  return build({ ...SHARED, entryPoints: WORKERS });
}

function bundleReaders() {
  return build({ ...SHARED, entryPoints: READERS });
}

/** Character maps, standard fonts and the decoder that the PDF reader fetches where a file needs them. */
async function copyPdfData() {
  const { version } = JSON.parse(await readFile(join(PDFJS, 'package.json'), 'utf8'));
  const folder = `pdf-${version}`;
  for (const [name, taken] of Object.entries(PDFJS_DATA)) {
    await mkdir(join(STAGING, folder, name), { recursive: true });
    const files = (await readdir(join(PDFJS, name))).filter((file) => !taken || taken.test(file));
    await Promise.all(files.map((file) => copyFile(join(PDFJS, name, file), join(STAGING, folder, name, file))));
  }
  await copyFile(join(PDFJS, 'LICENSE'), join(STAGING, folder, 'LICENSE'));
  return [['pdf', `${folder}/LICENSE`]];
}

/** Static TrueType fonts for the PDF renderer, under the fixed names it looks for. */
async function copyPdfFonts() {
  const from = join(ROOT, 'node_modules', '@expo-google-fonts', 'noto-sans-sc');
  await mkdir(join(STAGING, 'fonts'), { recursive: true });
  await Promise.all(Object.entries(PDF_FONTS).map(([name, path]) => copyFile(join(from, path), join(STAGING, 'fonts', name))));
  await copyFile(join(from, 'LICENSE_FONT'), join(STAGING, 'fonts', 'LICENSE-OFL.txt'));
  return Object.keys(PDF_FONTS).map((name) => [name, `fonts/${name}`]);
}

/** [logical name, built file] of every entry point in esbuild's own list of outputs. */
function entries(...results) {
  return results
    .flatMap((result) => Object.entries(result.metafile.outputs))
    .filter(([, output]) => output.entryPoint)
    .map(([path, output]) => [basename(output.entryPoint), relative(STAGING, join(SOURCE, path))]);
}

// What runs on the page where a bid is sealed: these entry points, all that they import, and the worker.
const SEALING = ['js/app.js', 'js/live.js', 'js/seal.js', SEALER];

/** sealing.json: the SHA-256 of each file that takes part in sealing; a submission names the hash of this object. */
async function sealingCode(...results) {
  const outputs = Object.assign({}, ...results.map((result) => result.metafile.outputs));
  const found = new Set();
  const visit = (path) => {
    if (found.has(path) || !path.endsWith('.js')) return;
    found.add(path);
    outputs[path].imports.filter(({ external }) => !external).forEach((imported) => visit(imported.path));
  };
  Object.entries(outputs).forEach(([path, { entryPoint }]) => SEALING.includes(entryPoint) && visit(path));
  const hashes = await Promise.all([...found].map(async (path) => {
    const file = relative(STAGING, join(SOURCE, path));
    return [file, createHash('sha256').update(await readFile(join(STAGING, file))).digest('hex')];
  }));
  return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function described([name, file]) {
  const bytes = await readFile(join(STAGING, file));
  const hash = (algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding);
  return [name, { file, sha256: hash('sha256', 'hex'), integrity: `sha384-${hash('sha384', 'base64')}` }];
}

/** The new build replaces the old one whole, so that a server never reads half of it. */
async function publish() {
  await rm(TARGET, { recursive: true, force: true });
  await rename(STAGING, TARGET);
}

await rm(STAGING, { recursive: true, force: true });
const [pages, workers, readers, fonts, data] = await Promise.all([bundlePages(), bundleWorkers(), bundleReaders(), copyPdfFonts(), copyPdfData()]);
const files = [...entries(pages, workers, readers), ...fonts, ...data].sort(([a], [b]) => (a < b ? -1 : 1));
const manifest = Object.fromEntries(await Promise.all(files.map(described)));
await writeFile(join(STAGING, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await writeFile(join(STAGING, 'sealing.json'), `${JSON.stringify(await sealingCode(pages, workers), null, 2)}\n`);
await publish();
console.log(`built ${files.length} files into ${relative(ROOT, TARGET)}`);
