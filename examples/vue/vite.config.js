import vue from '@vitejs/plugin-vue';

// Vue must know that <hearth-…> is no component of its own.
const isCustomElement = (tag) => tag.startsWith('hearth-');

export default { base: './', plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };
