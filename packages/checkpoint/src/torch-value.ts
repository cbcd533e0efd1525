import { type Fail, quote } from './checkpoint-error.js';
import type { NamedArray } from './named-array.js';
import { isDict, PickleBytes, type PickleDict, PickleObject, PickleTuple, PickleUnknown, type PickleValue } from './pickle-values.js';
import { PlainBuilder, type PlainContent, type PlainMap, PlainObject, type PlainValue } from './plain-value.js';
import { cost, type ReadBudget } from './read-budget.js';
import { arrayOfTensor, type CopyAllowance, TorchDtype, TorchTensor } from './torch-tensor.js';

/** An object of a class, as far as we keep it: the class's name and what the writer said it holds. */
export class TorchInstance extends PickleObject {
  readonly label: string;
  state: PickleDict = new Map();

  constructor(readonly className: string) {
    super();
    this.label = `an object of class ${quote(className)}`;
  }

  override build(state: PickleValue, { fail }: Parameters<PickleObject['build']>[1]): void {
    if (!isDict(state)) throw fail('invalid-content', `the state of ${this.label} must be a dict`);
    this.state = state;
  }
}

/** Attributes in which a torch module keeps its content; they become levels of the names, as in `state_dict()`. */
const moduleParts = ['_parameters', '_buffers', '_modules'] as const;

/** Everything a torch pickle held as plain values, and its tensors by their dotted path. A tensor that is shared becomes one array. */
export function plainContent(root: PickleValue, allowance: CopyAllowance, budget: ReadBudget, fail: Fail): PlainContent {
  const builder = new PlainBuilder('.', budget, fail);
  const arrays = new Map<TorchTensor, NamedArray>();

  const arrayOf = (tensor: TorchTensor, path: string): NamedArray => {
    const named: Fail = (kind, message, cause) => fail(kind, `tensor ${quote(path)}: ${message}`, cause);
    const array = arrays.get(tensor) ?? arrayOfTensor(tensor, allowance, named);
    arrays.set(tensor, array);
    return builder.tensor(path, array);
  };

  const list = (items: Iterable<PickleValue>, path: string): PlainValue[] => {
    builder.container();
    return Array.from(items, (item, i) => plain(item, builder.join(path, String(i))));
  };

  const map = (entries: Iterable<readonly [PickleValue, PickleValue]>, path: string): PlainMap => {
    builder.container();
    const values = new Map<string, PlainValue>();
    for (const [rawKey, item] of entries) {
      const key = String(rawKey);
      if (values.has(key)) throw fail('duplicate-name', `two values are called ${quote(builder.join(path, key))}`);
      values.set(key, plain(item, builder.join(path, key)));
    }
    return values;
  };

  const object = ({ className, state }: Pick<TorchInstance, 'className' | 'state'>, path: string): PlainValue => {
    // An object may be met at many places, and what is passed over below costs time at each.
    builder.budget.spend(cost.slot * state.size, fail);
    const parts = moduleParts.flatMap((part) => [...dictOrNothing(state.get(part))]);
    // The other names that begin with _ are hooks and bookkeeping of torch; the arguments that made the object are worth keeping.
    const rest = [...state].filter(
      ([key]) => typeof key === 'string' && (!key.startsWith('_') || key === '_init_args' || key === '_init_kwargs'),
    );
    return new PlainObject(className, map([...parts, ...rest], path));
  };

  /** Networks inside an object of an unknown class, whose tensors may be wanted; the rest of its content is not kept. */
  const unknown = (value: PickleUnknown, path: string): PlainValue => {
    if (moduleParts.some((part) => value.state.has(part))) return object({ className: value.label, state: value.state }, path);
    builder.passOver(path, value.label);
    return new PlainObject(value.label, new Map());
  };

  const plain = (value: PickleValue, path: string): PlainValue =>
    builder.at(path, () => {
      if (value instanceof TorchTensor) return arrayOf(value, path);
      if (value instanceof TorchInstance) return object(value, path);
      if (value instanceof TorchDtype) return value.name;
      if (value instanceof PickleUnknown) return unknown(value, path);
      if (value instanceof PickleBytes) return value.content.read(0, value.content.size);
      if (value instanceof PickleObject) throw fail('unsupported', `${quote(path)} is ${value.label}, which is no data by itself`);
      if (value instanceof PickleTuple) return list(value.items, path);
      if (Array.isArray(value) || value instanceof Set) return list(value, path);
      if (isDict(value)) return map(value, path);
      return value;
    });

  const value = plain(root, '');
  if (root instanceof PickleUnknown && builder.tensors.size === 0)
    throw fail(
      'forbidden',
      `asks for ${quote(root.label)}, which is no data; nothing was run; save numbers only, such as model.state_dict()`,
    );
  return { value, tensors: builder.tensors, passedOver: builder.passedOver };
}

const dictOrNothing = (value: PickleValue | undefined): PickleDict => (isDict(value) ? value : new Map());
