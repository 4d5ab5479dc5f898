import { join } from 'node:path';

const { JAVA_HOME, KAFKA_HOME } = process.env;

/** The programs that tests over Kafka need. Maven fetches Kafka's jars unless KAFKA_HOME has them. */
export const equipment = {
  title: 'Kafka (Java 17 or later, and Maven)',
  tools: [
    {
      answers: /^\S+ (1[7-9]|[2-9]\d)/,
      to: [JAVA_HOME ? join(JAVA_HOME, 'bin/java') : 'java', '--version'],
      // The usual one is too old for Kafka on some systems.
      apt: (says) =>
        says(/openjdk-(8|11)-/, 'apt-cache', 'depends', 'default-jre-headless')
          ? 'openjdk-17-jre-headless'
          : 'default-jre-headless',
      brew: 'openjdk',
    },
    ...(KAFKA_HOME ? [] : [{ answers: /Apache Maven/, to: ['mvn', '--version'], apt: () => 'maven', brew: 'maven' }]),
  ],
  /** Fetches the jars before the first test, so that no test waits for them. */
  prepare: "import('./dist/libs/kernel/kafka/local/kafka-home.js').then(({ kafkaHome }) => kafkaHome(console.log))",
};
