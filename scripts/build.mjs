// `npm run build`: compiles what has changed since the last build, and nothing where nothing has; then makes one file of the
// server and all that it loads, which starts four times as fast.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

const stamp = 'dist/.built';
const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
const sources = globSync([
  '{apps,libs,migrations}/**/*.ts',
  'tsconfig*.json',
  'package-lock.json',
  'scripts/build.mjs',
]);
const bundle = 'dist/apps/server/src/serve.bundle.cjs';
// Nest loads it wherever it is installed, which takes a good part of the start, and nothing here uses it: as if it were not.
const withoutMicroservices = {
  name: 'without-microservices',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@nestjs\/microservices/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /./, namespace: 'absent' }, ({ path }) => ({
      contents: `throw new Error('${path} is not in the bundle')`,
    }));
  },
};

if (built === 0 || sources.some((file) => statSync(file).mtimeMs >= built)) await make();

async function make() {
  console.log('Building …');
  rmSync(bundle, { force: true }); // a build that fails leaves no old one behind
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const { build } = await import('esbuild');
  await build({
    entryPoints: ['dist/apps/server/src/serve.js'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    keepNames: true, // Nest and its logger go by the names of classes
    sourcemap: 'linked',
    logLevel: 'error',
    plugins: [withoutMicroservices],
    // What Nest would load if it were there, what reads files beside its own, and what is loaded by name.
    external: [
      '@nestjs/websockets',
      '@nestjs/platform-express',
      '@fastify/multipart',
      '@fastify/static',
      '@fastify/view',
      'class-transformer',
      'class-validator',
      'pg',
      'swagger-ui-dist',
    ],
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__fileUrl' },
    banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  // Names matter of classes: esbuild would also define them for each arrow function each time it is made, a tenth of a request.
  const naming = 'var __name = (target, value) => __defProp(target';
  const code = readFileSync(bundle, 'utf8');
  if (!code.includes(naming)) throw new Error('esbuild keeps names in another way now: see scripts/build.mjs');
  writeFileSync(
    bundle,
    code.replace(naming, naming.replace('=> ', '=> target.name === value || !target.prototype ? target : ')),
  );
  writeFileSync(stamp, '');
}
