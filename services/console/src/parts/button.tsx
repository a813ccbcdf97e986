import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon';

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly kind?: 'primary' | 'danger' | 'quiet';
  readonly size?: 'small';
  readonly icon?: IconName;
  /** What it does, where no word on it says so. */
  readonly label?: string;
  readonly disabled?: boolean;
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
  pressed,
  type,
  onClick,
}: ButtonProps): JSX.Element {
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
