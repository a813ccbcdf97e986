import type { ComponentChildren, JSX } from 'preact';
import { me } from '../live/me';
import { Icon, type IconName } from './icon';

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly kind?: 'primary' | 'danger' | 'quiet';
  readonly size?: 'small';
  readonly icon?: IconName;
  /** What it does, where no word on it says so. */
  readonly label?: string;
  readonly disabled?: boolean;
  /** Whether it changes anything: who may only look cannot press it, and is told why. */
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
}: ButtonProps): JSX.Element {
  const isBarred = steers === true && me.value?.readOnly === true;
  return (
    <button
      class="button"
      data-kind={kind}
      data-size={size}
      type={type ?? 'button'}
      disabled={disabled || isBarred}
      aria-label={label}
      aria-pressed={pressed}
      title={isBarred ? `${me.value?.name} may look, and change nothing` : label}
      onClick={onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
