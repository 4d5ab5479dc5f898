// `npm run build`: compiles what has changed since the last build, and nothing where nothing has.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync, writeFileSync } from 'node:fs';

const stamp = 'dist/.built';
const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
const sources = globSync(['{apps,libs,migrations}/**/*.ts', 'tsconfig*.json', 'package-lock.json']);
if (built > 0 && sources.every((file) => statSync(file).mtimeMs < built)) process.exit(0);
console.log('Building …');
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status === 0) writeFileSync(stamp, '');
process.exit(status ?? 1);
