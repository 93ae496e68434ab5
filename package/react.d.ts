export const useText: any;
