import type { JSX } from 'preact';
import { forgetKey, isReachable, key, wantsKey } from '../api/session';
import { me } from '../live/me';
import { Button } from '../parts/button';
import { formatCount } from '../parts/format';
import { Icon } from '../parts/icon';
import { counts } from './counts';
import { isHelpOpen } from './keyboard';
import { place } from './place';
import { GROUPS, type ScreenEntry } from './screens';
import { switchTheme, theme } from './theme';

/** The navigation, with what waits for somebody. On a narrow page it lies over the screen while it is open. */
export function Sidebar({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): JSX.Element {
  return (
    <>
      {isOpen && <div class="sidebar-shade" onClick={onClose} aria-hidden="true" />}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a step that is taken closes it, by whatever it was taken */}
      <nav class="sidebar" id="sidebar" data-open={isOpen} aria-label="Screens" onClick={onClose}>
        <a class="brand" href="./">
          <img src="icon.svg" alt="" />
          Millrace
        </a>
        <div>
          {GROUPS.map(({ name, screens }) => (
            <div class="nav-group" key={name}>
              <p class="nav-label">{name}</p>
              <ul>
                {screens.map((screen) => (
                  <li key={screen.path}>
                    <NavItem screen={screen} />
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
        <Foot />
      </nav>
    </>
  );
}

function NavItem({ screen: { path, name, icon } }: { screen: ScreenEntry }): JSX.Element {
  const current = place.value.path.split('/')[0] ?? '';
  const count = counts.value[path];
  return (
    <a class="nav-item" href={path === '' ? './' : path} aria-current={current === path ? 'page' : undefined}>
      <Icon name={icon} />
      {name}
      {count !== undefined && count.count > 0 && (
        <span class="nav-count" data-tone={count.tone} title={count.word}>
          {formatCount(count.count)}
          <span class="only-heard"> {count.word}</span>
        </span>
      )}
    </a>
  );
}

function Foot(): JSX.Element {
  const words = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;
  const icons = { system: 'screen', light: 'sun', dark: 'moon' } as const;
  return (
    <div class="sidebar-foot">
      <span class="connection" data-tone={isReachable.value ? 'good' : 'bad'} role="status">
        {isReachable.value ? 'Live' : 'No answer, trying again'}
      </span>
      <div class="sidebar-tools">
        <Button size="small" kind="quiet" icon={icons[theme.value]} onClick={switchTheme}>
          {words[theme.value]}
        </Button>
        <Button size="small" kind="quiet" label="Keys (?)" onClick={() => (isHelpOpen.value = true)}>
          <kbd>?</kbd>
        </Button>
      </div>
      {me.value?.readOnly && <p class="quiet">{me.value.name} may look, and change nothing.</p>}
      <div class="row">
        <a href="docs" data-leaves>
          HTTP API
        </a>
        {key.value !== undefined && (
          <Button size="small" kind="quiet" onClick={leave}>
            Forget key
          </Button>
        )}
      </div>
    </div>
  );
}

function leave(): void {
  forgetKey();
  wantsKey.value = true;
}
