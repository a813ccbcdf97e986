import type { JSX } from 'preact';
import { listRoutes } from '../api/routes';
import { useLive } from '../live/use-live';
import { FilterField } from './field';

/** Routes change with the configuration, which is seldom. */
const EVERY_MS = 60_000;

/** A route as a condition, to choose among those that there are or to type. */
export function RouteField({ value, onChange }: { value: string; onChange: (value: string) => void }): JSX.Element {
  const { value: routes } = useLive(listRoutes, EVERY_MS, []);
  return <FilterField name="Route" value={value} options={routes?.items.map(({ id }) => id)} onChange={onChange} />;
}
