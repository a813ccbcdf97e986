import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { wantsKey } from './api/session';
import { Button } from './parts/button';
import { Approvals } from './screens/approvals';
import { Audit } from './screens/audit';
import { Consumers } from './screens/consumers';
import { Contexts } from './screens/contexts';
import { ContextScreen } from './screens/contexts/context';
import { DeadLetters } from './screens/dead-letters';
import { EventScreen } from './screens/event';
import { Events } from './screens/events';
import { SendEvent } from './screens/events/send-event';
import { Live } from './screens/live';
import { NotFound } from './screens/not-found';
import { Overview } from './screens/overview';
import { Routes } from './screens/routes';
import { Servers } from './screens/servers';
import { ServerScreen } from './screens/servers/server';
import { System } from './screens/system';
import { Away } from './shell/away';
import { Help } from './shell/help';
import { KeyForm } from './shell/key-form';
import { place } from './shell/place';
import { Search } from './shell/search';
import { Sidebar } from './shell/sidebar';
import { ViewOnly } from './shell/view-only';

/** The whole console. */
export function App(): JSX.Element {
  return wantsKey.value ? <KeyForm /> : <Shell />;
}

function Shell(): JSX.Element {
  const [isMenuOpen, setMenuOpen] = useState(false);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('#main h1')?.focus()}>
        Skip to the screen
      </button>
      <Sidebar isOpen={isMenuOpen} onClose={() => setMenuOpen(false)} />
      <main class="main" id="main">
        <div class="topbar">
          <span class="menu-button">
            <Button icon="menu" label="Screens" onClick={() => setMenuOpen(true)} />
          </span>
          <Search />
          <SendEvent />
          <ViewOnly />
        </div>
        <Away />
        <Screen />
      </main>
      <Help />
    </div>
  );
}

/** The screen of the place that somebody is at. */
function Screen(): JSX.Element {
  const [name = '', ...rest] = place.value.path.split('/');
  const id = decodeURIComponent(rest.join('/'));
  switch (name) {
    case '':
      return <Overview />;
    case 'live':
      return <Live />;
    case 'events':
      return id === '' ? <Events /> : <EventScreen key={id} id={id} />;
    case 'dead-letters':
      return <DeadLetters />;
    case 'approvals':
      return <Approvals />;
    case 'routes':
      return <Routes />;
    case 'servers':
      return id === '' ? <Servers /> : <ServerScreen key={id} name={id} />;
    case 'contexts':
      return id === '' ? <Contexts /> : <ContextScreen key={id} id={id} />;
    case 'consumers':
      return <Consumers />;
    case 'audit':
      return <Audit />;
    case 'system':
      return <System />;
    default:
      return <NotFound />;
  }
}
