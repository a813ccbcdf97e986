import type { Scenario } from './scenario.ts';
import { baseline } from './scenarios/s01-baseline.ts';
import { consumersKilled } from './scenarios/s02-consumers-killed.ts';
import { allConsumersGone } from './scenarios/s03-all-consumers-gone.ts';
import { frozenConsumer } from './scenarios/s04-frozen-consumer.ts';
import { blockedConsumer } from './scenarios/s05-blocked-consumer.ts';
import { longCalls } from './scenarios/s06-long-calls.ts';
import { producerKilled } from './scenarios/s07-producer-killed.ts';
import { answersCut } from './scenarios/s08-answers-cut.ts';
import { badAnswers } from './scenarios/s23-bad-answers.ts';
import { exitingPoison, hoardingPoison, loopingPoison } from './scenarios/s23-poison.ts';
import { rollingDeploy } from './scenarios/s25-rolling-deploy.ts';
import { scaled } from './scenarios/s26-scale.ts';
import { slowConsumer } from './scenarios/s28-slow-consumer.ts';

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
  exitingPoison,
  hoardingPoison,
  loopingPoison,
  badAnswers,
  rollingDeploy,
  scaled,
  slowConsumer,
];
