/** The boundaries of the house, as a test (docs/adr/0006, 0022). @type {import('dependency-cruiser').IConfiguration} */
const context = '^libs/(?!kernel/)([^/]+)/';
const spec = '\\.spec\\.ts$';

/** The ways in: the folder of a context's controllers, and a part of the kernel, each. */
const edges = '(http|graphql|grpc)';
/** The ways between processes: a part of the kernel each, which knows no other. */
const brokers = '(redis|kafka|direct)';

/** The parts of the kernel, and what each may import of the others. Whatever is not named here knows nothing of them. */
const street = {
  base: [],
  messages: ['base'],
  topology: ['base', 'messages'],
  local: ['base'],
  core: ['base', 'messages'],
  brokers: ['base', 'messages', 'topology', 'local', 'core'],
  [brokers]: ['base', 'messages', 'topology', 'local', 'core', 'brokers'],
  edge: ['base', 'messages', 'core'],
  [edges]: ['base', 'messages', 'core', 'edge'],
  testing: ['base', 'messages', 'topology', 'local', 'core', 'brokers'],
};
/** A broker's test kit stands beside the broker. */
const brokerKit = `^libs/kernel/${brokers}/testing/`;
const testKits = ['^libs/kernel/testing/', brokerKit];
/** The faces: the only files of a part that others may import. */
const faces = ['^libs/kernel/[^/]+/index\\.ts$', '^libs/kernel/testing/(trial|guarantees)/index\\.ts$', `${brokerKit}index\\.ts$`];

export default {
  forbidden: [
    {
      name: 'context-only-via-contracts',
      comment: "A context imports another's contracts and nothing else of it.",
      severity: 'error',
      from: { path: context },
      to: { path: '^libs/(?!kernel/)[^/]+/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/contracts/'] },
    },
    {
      name: 'contracts-are-leaves',
      comment: "Contracts import Zod and the kernel's messages and nothing else.",
      severity: 'error',
      from: { path: `${context}src/contracts/`, pathNot: spec },
      to: { pathNot: ['^libs/$1/src/contracts/', '^libs/kernel/messages/', '^node_modules/zod/'] },
    },
    {
      name: 'edge-knows-no-core',
      comment: 'Controllers know contracts and the bus: a gateway loads every edge and no core.',
      severity: 'error',
      from: { path: `${context}src/${edges}/`, pathNot: spec },
      to: { path: '^libs/$1/', pathNot: ['^libs/$1/src/$2/', '^libs/$1/src/contracts/'] },
    },
    {
      name: 'core-knows-no-edge',
      severity: 'error',
      from: { path: context, pathNot: [`/src/${edges}/`, spec] },
      to: { path: [`/src/${edges}/`, `^libs/kernel/(edge|${edges})/`] },
    },
    {
      name: 'context-knows-no-broker',
      comment: 'Where messages go is for the topology to say.',
      severity: 'error',
      from: { path: context, pathNot: spec },
      to: { path: `^libs/kernel/(brokers|topology|local|${brokers})/` },
    },
    {
      name: 'kernel-knows-no-context',
      severity: 'error',
      from: { path: '^libs/kernel/' },
      to: { path: ['^libs/(?!kernel/)', '^apps/', '^migrations/'] },
    },
    ...Object.entries(street).map(([part, known]) => ({
      name: `kernel-${part.replaceAll(/[()]/g, '').replaceAll('|', '-')}-stays-on-its-floor`,
      comment: `It imports ${known.length === 0 ? 'no other part of the kernel' : `no other part of the kernel than ${known.join(', ')}`}.`,
      severity: 'error',
      from: { path: `^libs/kernel/${part.startsWith('(') ? part : `(${part})`}/`, pathNot: [spec, brokerKit] },
      to: { path: '^libs/kernel/[^/]+/', pathNot: ['^libs/kernel/$1/', ...known.map((one) => `^libs/kernel/${one}/`)] },
    })),
    {
      name: 'kernel-part-only-via-its-face',
      comment: 'Another part, and a test of another part, imports the index.ts of a part, or of its test kit.',
      severity: 'error',
      from: { path: '^libs/kernel/([^/]+)/' },
      to: { path: '^libs/kernel/[^/]+/', pathNot: ['^libs/kernel/$1/', ...faces] },
    },
    {
      name: 'kernel-only-via-its-faces',
      severity: 'error',
      from: { pathNot: '^libs/kernel/' },
      to: { path: '^libs/kernel/', pathNot: faces },
    },
    { name: 'libs-know-no-app', severity: 'error', from: { path: '^libs/', pathNot: spec }, to: { path: '^apps/' } },
    {
      name: 'migrations-are-their-own',
      severity: 'error',
      from: { path: context },
      to: { path: '^migrations/', pathNot: '^migrations/$1/' },
    },
    {
      name: 'no-testing-outside-tests',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: [spec, ...testKits, '/test/', '^apps/bench/'] },
      to: { path: testKits },
    },
    { name: 'no-cycles', comment: 'A cycle of types alone is a cycle for the reader: none of its files can be read first.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['source', 'import', 'node', 'default'], exportsFields: ['exports'], extensions: ['.ts', '.js'] },
  },
};
