import type { Broker } from '#kernel/brokers';
import { direct } from '#kernel/direct';
import { kafka } from '#kernel/kafka';
import { redis } from '#kernel/redis';

/** Every broker that a topology may name. Nothing of one is loaded before it is used. */
export const brokers: readonly Broker[] = [redis, kafka, direct];
