import type { ComponentChildren, JSX } from 'preact';
import { maySteer } from '../live/me';
import { Icon, type IconName } from './icon';

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly kind?: 'primary' | 'danger' | 'quiet';
  readonly size?: 'small';
  readonly icon?: IconName;
  /** What it does, where no word on it says so. */
  readonly label?: string;
  readonly disabled?: boolean;
  /** Whether it changes anything: who may only look does not see it. */
  readonly steers?: boolean;
  readonly pressed?: boolean;
  readonly type?: 'submit';
  readonly onClick?: () => void;
}

/** Something to be pressed. */
export function Button({
  children,
  kind,
  size,
  icon,
  label,
  disabled,
  steers,
  pressed,
  type,
  onClick,
}: ButtonProps): JSX.Element | null {
  if (steers && !maySteer.value) return null;
  return (
    <button
      class="button"
      data-kind={kind}
      data-size={size}
      type={type ?? 'button'}
      disabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      onClick={onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
