import type { JSX } from 'preact';
import type { Content, Field } from './questions';

interface AnswerFieldsProps {
  readonly fields: readonly Field[];
  readonly content: Content;
  readonly onChange: (content: Content) => void;
}

/** The fields of one question. */
export function AnswerFields({ fields, content, onChange }: AnswerFieldsProps): JSX.Element | null {
  if (fields.length === 0) return null;
  return (
    <div class="answer-fields">
      {fields.map((field) => (
        <AnswerField
          key={field.name}
          field={field}
          value={content[field.name]}
          onChange={(value) => onChange(withValue(content, field.name, value))}
        />
      ))}
    </div>
  );
}

interface AnswerFieldProps {
  readonly field: Field;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function AnswerField({ field, value, onChange }: AnswerFieldProps): JSX.Element {
  const { title, hint, type, isRequired } = field;
  if (type === 'boolean') {
    return (
      <label class="row">
        <input type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
        {title} {hint !== undefined && <span class="quiet">{hint}</span>}
      </label>
    );
  }
  return (
    <label class="field">
      <span>
        {title}
        {isRequired ? '' : ', optional'}
        {hint !== undefined && `: ${hint}`}
      </span>
      <TextOrChoice field={field} value={value} onChange={onChange} />
    </label>
  );
}

function TextOrChoice({ field: { type, options, isRequired }, value, onChange }: AnswerFieldProps): JSX.Element {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (type === 'choice') {
    return (
      <select required={isRequired} value={text} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
        <option value="">Choose</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    );
  }
  if (type === 'string') {
    return (
      <input required={isRequired} value={text} onInput={(event) => onChange(event.currentTarget.value || undefined)} />
    );
  }
  const toNumber = (input: HTMLInputElement) => (input.value === '' ? undefined : input.valueAsNumber);
  return (
    <input
      type="number"
      step={type === 'integer' ? 1 : 'any'}
      required={isRequired}
      value={text}
      onInput={(event) => onChange(toNumber(event.currentTarget))}
    />
  );
}

function withValue(content: Content, name: string, value: unknown): Content {
  const { [name]: _old, ...rest } = content;
  return value === undefined ? rest : { ...rest, [name]: value };
}
