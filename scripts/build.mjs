// `npm run build`: compiles what has changed since the last build, and nothing where nothing has; then makes one file of the
// server and all that it loads, which starts four times as fast.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const stamp = 'dist/.built';
const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
const sources = globSync([
  '{apps,libs,migrations}/**/*.ts',
  'tsconfig*.json',
  'package-lock.json',
  'scripts/build.mjs',
]);
const folder = 'dist/apps/server/src';
/**
 * Of the server and all that it loads, so that it starts at once. `serve`, the monolith, is loaded while `start` already starts
 * the database; what one process of a topology runs is in `part`.
 */
const bundles = { start: 'start', serve: 'serve', part: 'serve' };

/** What a bundle leaves out or takes from elsewhere: what is loaded but not used makes the start slow and the server large. */
const lean = {
  name: 'lean',
  setup({ onResolve, onLoad }) {
    // TypeORM loads its drivers for every database there is.
    onLoad({ filter: /node_modules[/\\]typeorm[/\\]driver[/\\][^/\\]+[/\\][^/\\]+\.js$/ }, ({ path }) => {
      if (/driver.(postgres|types)./.test(path)) return undefined;
      const names = [...readFileSync(path, 'utf8').matchAll(/^exports\.(\w+) = /gm)].map(([, name]) => name);
      return { contents: [...new Set(names)].map((name) => `exports.${name} = class {};`).join('\n') };
    });
    // With its WebAssembly in it, not beside it.
    onResolve({ filter: /^@platformatic\/wasm-utils$/ }, ({ path }) => ({
      path: resolve(`node_modules/${path}/dist/bundled.js`),
    }));
    // What it checks options with is compiled when it is first asked for, which most never is: a third of its loading.
    onLoad({ filter: /@platformatic[/\\]kafka[/\\]dist[/\\]utils\.js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, 'utf8')}
        const compile = ajv.compile.bind(ajv);
        ajv.compile = (schema) => {
          let check;
          const lazy = (options) => {
            check ??= compile(schema);
            const fits = check(options);
            lazy.errors = check.errors;
            return fits;
          };
          return lazy;
        };`,
    }));
    // RxJS as modules, of which the bundle takes what is used.
    onResolve({ filter: /^rxjs(\/operators)?$/ }, ({ path }) => ({
      path: resolve(`node_modules/${path.replace('rxjs', 'rxjs/dist/esm')}/index.js`),
      sideEffects: false,
    }));
  },
};

/** The monolith serves no calls, and runs all contexts. */
const alone = {
  name: 'alone',
  setup({ onResolve, onLoad }) {
    // Nest loads it wherever it is installed.
    onResolve({ filter: /^@nestjs\/microservices/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /./, namespace: 'absent' }, ({ path }) => ({
      contents: `throw new Error('${path} is not in the bundle')`,
    }));
    // Nor does it speak over a broker.
    onResolve({ filter: /^\.\/split\.js$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    // None is loaded later than the rest.
    onLoad({ filter: /server.src.contexts\.js$/ }, ({ path }) => {
      const faces = [];
      const text = readFileSync(path, 'utf8').replaceAll(
        /\bimport\(('[^']+')\)/g,
        (_, face) => `Promise.resolve(face${faces.push(face) - 1})`,
      );
      return { contents: [...faces.map((face, index) => `import * as face${index} from ${face};`), text].join('\n') };
    });
  },
};

/** What a topology alone needs before it starts is no part of the bundle. */
const monolithic = {
  name: 'monolithic',
  setup({ onResolve }) {
    onResolve({ filter: /\/launch\/part\.js$/ }, ({ path, resolveDir }) => ({
      path: `./${relative(folder, resolve(resolveDir, path)).replaceAll('\\', '/')}`,
      external: true,
    }));
  },
};

if (built === 0 || sources.some((file) => statSync(file).mtimeMs >= built)) await make();

async function make() {
  console.log('Building …');
  for (const old of globSync(`${folder}/*.bundle.cjs*`)) rmSync(old, { force: true }); // a build that fails leaves none behind
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const { build } = await import('esbuild');
  const common = {
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    keepNames: true, // Nest and its logger go by the names of classes
    supported: { 'dynamic-import': false }, // `require` instead: a script run by its kept code knows no import()
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: 'linked',
    logLevel: 'error',
    // What Nest would load if it were there, what reads files beside its own, and what is loaded by name.
    external: [
      '@nestjs/websockets',
      '@nestjs/platform-express',
      '@fastify/multipart',
      '@fastify/view',
      'class-transformer',
      'class-validator',
      'pg-native',
      'swagger-ui-dist',
      // The brokers of Nest's own transports.
      '@grpc/*',
      '@nats-io/*',
      'amqp-connection-manager',
      'amqplib',
      'kafkajs',
      'mqtt',
      'nats',
    ],
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__fileUrl' },
    banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
  const entry = (bundle) => ({ in: `${folder}/${bundles[bundle]}.js`, out: `${bundle}.bundle` });
  await build({ ...common, entryPoints: [entry('start')], plugins: [monolithic] });
  await build({ ...common, entryPoints: [entry('serve')], plugins: [lean, alone] });
  await build({ ...common, entryPoints: [entry('part')], plugins: [lean] });
  // Names matter of classes. esbuild would also give them to functions each time they are made, a twentieth of a read: to arrows,
  // whose names nobody asks for, and to those that have them already.
  const named = [
    [/\b__name\((?=\(|async\b|[\w$]+=>)/g, '__same('],
    [/\b__name\(([\w$]+),"\1"\)/g, '0'],
    [/\bvar __name=/, 'var __same=target=>target;var __name='],
  ];
  for (const name of Object.keys(bundles)) {
    const bundle = `${folder}/${name}.bundle.cjs`;
    const code = readFileSync(bundle, 'utf8');
    if (!named.every(([made]) => code.search(made) >= 0))
      throw new Error('esbuild keeps names in another way now: see scripts/build.mjs');
    writeFileSync(
      bundle,
      named
        .reduce((all, [made, instead]) => all.replace(made, instead), code)
        // ASCII alone, also in regular expressions: read as it is, and half as large in memory.
        .replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
    );
  }
  writeFileSync(stamp, '');
}
