import React from 'react';
import { pipeline } from '../www/hearth.js';
export const useText = () => [React, pipeline];
