export { distillSchema } from './distill-schema.js';
export { fileSchema } from './file-schema.js';
export { isMap, layered, merged, type Plain, type PlainMap, valueAt, withoutNulls } from './layered.js';
export { isMethod, type MethodDefaults, methodDefaults } from './method-defaults.js';
export { upgradeRun, upgradeSettings } from './older-settings.js';
export { recipeOf } from './recipe.js';
export { type SettingRow, settingRows } from './setting-rows.js';
export { teacherSchema } from './teacher-schema.js';
