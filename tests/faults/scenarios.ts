import type { Scenario } from './scenario.ts';
import { baseline } from './scenarios/s01-baseline.ts';
import { consumersKilled } from './scenarios/s02-consumers-killed.ts';
import { allConsumersGone } from './scenarios/s03-all-consumers-gone.ts';
import { frozenConsumer } from './scenarios/s04-frozen-consumer.ts';
import { blockedConsumer } from './scenarios/s05-blocked-consumer.ts';
import { longCalls } from './scenarios/s06-long-calls.ts';
import { producerKilled } from './scenarios/s07-producer-killed.ts';
import { answersCut } from './scenarios/s08-answers-cut.ts';
import { redisAnswersCut } from './scenarios/s09-redis-answers-cut.ts';
import { redisKilled } from './scenarios/s10-redis-killed.ts';
import { redisKilledOnSlowDisk } from './scenarios/s11-redis-killed-slow-disk.ts';
import { redisFrozen } from './scenarios/s14-redis-frozen.ts';
import { halfOpen } from './scenarios/s15-half-open.ts';
import { primaryLost } from './scenarios/s16-primary-lost.ts';
import { plannedSwitch } from './scenarios/s18-planned-switch.ts';
import { dataDeleted } from './scenarios/s19-data-deleted.ts';
import { redisFull } from './scenarios/s20-redis-full.ts';
import { diskFull } from './scenarios/s21-disk-full.ts';
import { clockSet } from './scenarios/s22-clock-set.ts';
import { badAnswers } from './scenarios/s23-bad-answers.ts';
import { exitingPoison, hoardingPoison, loopingPoison } from './scenarios/s23-poison.ts';
import { toolFaults } from './scenarios/s24-tool-faults.ts';
import { rollingDeploy } from './scenarios/s25-rolling-deploy.ts';
import { scaled } from './scenarios/s26-scale.ts';
import { largeBacklog } from './scenarios/s27-large-backlog.ts';
import { slowConsumer } from './scenarios/s28-slow-consumer.ts';
import { badLink } from './scenarios/s29-bad-link.ts';
import { clusterPrimaryLost } from './scenarios/s30-cluster-primary-lost.ts';
import { clusterSlotMoved } from './scenarios/s31-cluster-slot-moved.ts';
import { verifyPrimaryKilled } from './scenarios/s32-verify-primary-killed.ts';
import { verifySlotsMoved } from './scenarios/s33-verify-slots-moved.ts';
import { partitionsChanged } from './scenarios/s34-partitions-changed.ts';
import { partitionsChangedOnCluster } from './scenarios/s35-partitions-changed-on-cluster.ts';
import { rollingUpdate } from './scenarios/s36-rolling-update.ts';
import { movedOnCluster } from './scenarios/s37-moved-on-cluster.ts';

/** All of them, in the order of their numbers. */
export const SCENARIOS: readonly Scenario[] = [
  baseline,
  consumersKilled,
  allConsumersGone,
  frozenConsumer,
  blockedConsumer,
  longCalls,
  producerKilled,
  answersCut,
  redisAnswersCut,
  redisKilled,
  redisKilledOnSlowDisk,
  redisFrozen,
  halfOpen,
  primaryLost,
  plannedSwitch,
  dataDeleted,
  redisFull,
  diskFull,
  clockSet,
  exitingPoison,
  hoardingPoison,
  loopingPoison,
  badAnswers,
  toolFaults,
  rollingDeploy,
  scaled,
  largeBacklog,
  slowConsumer,
  badLink,
  clusterPrimaryLost,
  clusterSlotMoved,
  verifyPrimaryKilled,
  verifySlotsMoved,
  partitionsChanged,
  partitionsChangedOnCluster,
  rollingUpdate,
  movedOnCluster,
];
