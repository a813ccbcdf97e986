import type { Scenario } from './scenario.ts';
import { baseline } from './scenarios/s01-baseline.ts';
import { consumersKilled } from './scenarios/s02-consumers-killed.ts';

/** All of them, in the order of their numbers. */
export const SCENARIOS: readonly Scenario[] = [baseline, consumersKilled];
