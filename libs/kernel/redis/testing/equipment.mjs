/** The programs that tests over Redis need. */
export const equipment = {
  title: 'Redis 7 or later',
  tools: [
    { answers: / v=([7-9]|\d\d)\./, to: ['redis-server', '--version'], apt: () => 'redis-server', brew: 'redis' },
  ],
};
