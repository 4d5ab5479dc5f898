/** The boundaries of the house, as a test (docs/adr/0006). @type {import('dependency-cruiser').IConfiguration} */
const context = '^libs/(?!kernel/)([^/]+)/';

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
      from: { path: `${context}src/contracts/`, pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/$1/src/contracts/', '^libs/kernel/src/messages/', '^node_modules/zod/'] },
    },
    {
      name: 'edge-knows-no-core',
      comment: 'Controllers know contracts and the bus: a gateway loads every edge and no core.',
      severity: 'error',
      from: { path: `${context}src/http/`, pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/$1/', pathNot: ['^libs/$1/src/(http|contracts)/'] },
    },
    {
      name: 'core-knows-no-edge',
      severity: 'error',
      from: { path: context, pathNot: ['/src/http/', '\\.spec\\.ts$'] },
      to: { path: '/src/http/' },
    },
    {
      name: 'kernel-knows-no-context',
      severity: 'error',
      from: { path: '^libs/kernel/' },
      to: { path: ['^libs/(?!kernel/)', '^apps/', '^migrations/'] },
    },
    { name: 'libs-know-no-app', severity: 'error', from: { path: '^libs/', pathNot: '\\.spec\\.ts$' }, to: { path: '^apps/' } },
    {
      name: 'migrations-are-their-own',
      severity: 'error',
      from: { path: context },
      to: { path: '^migrations/', pathNot: '^migrations/$1/' },
    },
    { name: 'no-testing-outside-tests', severity: 'error', from: { path: '^(libs|apps)/', pathNot: ['\\.spec\\.ts$', '^libs/kernel/src/testing/', '/test/', '/(bench|crash)/'] }, to: { path: '/src/testing/' } },
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
