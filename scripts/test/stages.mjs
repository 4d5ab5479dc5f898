/**
 * The stages of `npm test`, each a run of Jest, in their order. `paths` are what the command line asks for, none for all;
 * `topologies` the split ones that this machine can run.
 */
export function stagesFor(paths, topologies) {
  const isAll = paths.length === 0;
  const acceptance = isAll ? ['apps/server/test/acceptance'] : paths.filter((path) => path.includes('test/acceptance'));
  // No request may fail while it moves: it has the machine for itself, and so has what must answer before a deadline.
  const alone = ['libs/kernel/kafka/kafka-calls'];
  const moves = isAll && topologies.includes('split-redis') && topologies.includes('split-kafka');
  return [
    // A split shop is up to thirteen processes: one at a time, or two of them keep each other from answering in time.
    ...(acceptance.length === 0 ? [] : topologies).map((topology) => ({
      name: `acceptance of ${topology}`,
      args: ['--maxWorkers=1', ...acceptance],
      settings: { CLEAVE_TEST_TOPOLOGIES: topology },
    })),
    ...(moves
      ? [
          {
            name: 'the shop moves from topology to topology; calls over Kafka',
            args: ['--maxWorkers=1', 'apps/server/test/crash', ...alone],
            settings: { CLEAVE_TEST_TOPOLOGIES: '', CLEAVE_CRASH_TOPOLOGY: 'switch' },
          },
        ]
      : []),
    // Last, since it says at its end what is left out.
    {
      name: 'tests',
      args: moves ? ['--testPathIgnorePatterns', ...alone] : paths,
      settings: {
        CLEAVE_TEST_TOPOLOGIES: 'monolith,rehearsal',
        ...(moves ? { CLEAVE_CRASH_TOPOLOGY: 'all but switch' } : {}),
      },
    },
  ];
}
