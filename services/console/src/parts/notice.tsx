import type { ComponentChildren, JSX } from 'preact';
import { mendFor, type Refusal } from '../api/refusal';
import type { Action } from '../live/use-action';
import { CopyButton } from './copy-button';
import { Icon, type IconName } from './icon';

/** Something that is said in place: what happened, and what to do. */
export function Notice({
  tone,
  children,
}: {
  tone: 'bad' | 'warn' | 'good' | 'idle';
  children: ComponentChildren;
}): JSX.Element {
  const icon = { bad: 'dead', warn: 'warn', good: 'done', idle: 'waiting' } as const;
  return (
    <div class="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={icon[tone]} />
      <div class="break">{children}</div>
    </div>
  );
}

/** A refusal in words, with what can be done about it. Nothing where there is none. */
export function RefusalNotice({ refusal }: { refusal: Refusal | undefined }): JSX.Element | null {
  if (refusal === undefined) return null;
  const mend = mendFor(refusal);
  return (
    <Notice tone="bad">
      <p>
        {refusal.message} <span class="tag code">{refusal.code}</span>
      </p>
      {refusal.errors.map(({ pointer, detail }) => (
        <p key={pointer}>
          <code>{pointer || '/'}</code> {detail}
        </p>
      ))}
      {mend !== undefined && <p>{mend}</p>}
    </Notice>
  );
}

/** How an act went: nothing before it, then what came of it. */
export function ActionNotice({ action }: { action: Action }): JSX.Element | null {
  if (action.refusal !== undefined) return <RefusalNotice refusal={action.refusal} />;
  return action.done === undefined ? null : <Notice tone="good">{action.done}</Notice>;
}

/** What a list says that has nothing to show: why, and what would change that. */
export function Empty({
  icon,
  title,
  children,
  command,
}: {
  icon: IconName;
  title: string;
  children: ComponentChildren;
  command?: string;
}): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      <p>{children}</p>
      {command !== undefined && <Command text={command} />}
    </div>
  );
}

/** A command to be copied. */
export function Command({ text }: { text: string }): JSX.Element {
  return (
    <div class="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reachable by the keyboard */}
      <code tabIndex={0}>{text}</code>
      <CopyButton text={text} />
    </div>
  );
}

/** Stands where something is about to be. */
export function Waiting(): JSX.Element {
  return <div class="waiting">Loading …</div>;
}
