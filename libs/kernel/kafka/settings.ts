import * as z from 'zod';
import { commaSeparated, integer, onOff, settings } from '#kernel/base';

const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof saslMechanisms)[number];

const addresses = z
  .string()
  .transform(commaSeparated)
  .refine(
    (all) => all.every((address) => /^[^\s:/]+:\d+$/.test(address)),
    'must be host:port, or several of them separated by commas',
  );

export class KafkaSettings extends settings({
  KAFKA_BROKERS: {
    schema: addresses.optional(),
    doc: 'Some of the brokers, host:port,host:port, for topologies whose calls or events go by kafka. They tell of the others.',
  },
  KAFKA_TLS: {
    schema: onOff(),
    default: 'off',
    doc: 'on: Kafka is spoken to over TLS.',
  },
  KAFKA_CA_FILE: {
    schema: z.string().optional(),
    doc: 'The certificates, in PEM, that those of the brokers must be signed by. Unset: those that Node knows.',
  },
  KAFKA_SASL_MECHANISM: {
    schema: z.enum(saslMechanisms, `must be one of ${saslMechanisms.join(', ')}`).optional(),
    doc: 'How this process says who it is: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, with the name and the password below. Unset: it does not.',
  },
  KAFKA_SASL_USERNAME: {
    schema: z.string().optional(),
    doc: 'Its user makes topics that begin with "cleave.", reads and writes them, and commits offsets for groups that begin so.',
  },
  KAFKA_SASL_PASSWORD: {
    schema: z.string().optional(),
    doc: 'The password of that user.',
  },
  KAFKA_REPLICATION: {
    schema: integer(1, 32_767),
    default: '3',
    doc: 'So many brokers keep a copy of each topic that is made, fewer where there are fewer. With three, any one may be lost.',
  },
  KAFKA_RETENTION_HOURS: {
    schema: integer(1, 24 * 365 * 100),
    default: '168',
    doc: 'So long Kafka keeps events. What was away for longer is told again what it missed, from the outboxes. For topics that are made from now on.',
  },
}) {}
