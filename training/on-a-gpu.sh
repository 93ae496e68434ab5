#!/usr/bin/env bash
# One command for a quarter of an hour on a GPU. Results go to OUT, models as tars in pieces under 16 MiB.
#
#   training/on-a-gpu.sh pictures OUT [VAE_MINUTES 3] [UNET_MINUTES 5]   autoencoder, then text and U-Net
#   training/on-a-gpu.sh distil OUT [MINUTES 2.5]                        right after it, on the same machine: 6 steps, one evaluation each
#   training/on-a-gpu.sh judge OUT [MINUTES 2]                           the recogniser, and the figures of both folders
#   training/on-a-gpu.sh stories OUT [MINUTES 4]                         the story model, on tales and stories
#   training/on-a-gpu.sh bench OUT [PART…]                               benches/gpu, built before: texts, digits, stable-diffusion
#
# Beside the repository it needs training/data/inputs.tar (training/pack.py makes it) and training/requirements.txt installed;
# for the bench training/data/gpu-bench instead, and a Vulkan driver.
# On a CPU the same commands are a rehearsal; DRAFT=1 makes the pictures small.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONUNBUFFERED=1
what=${1:-} out=${2:-}
runs=training/runs
size=${DRAFT:+small}
size=${size:-full}
usage() { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
[ -n "$out" ] || usage
mkdir -p "$out"

if [ "$what" = bench ]; then
  shift 2
  training/data/gpu-bench "$@" 2>&1 | tee "$out/gpu.log"
  exit
fi

[ -d training/data/text ] || tar xf training/data/inputs.tar -C training/data
case $what in pictures | distil | judge)
  [ -d $runs/picturebook-many-steps ] || [ -d $runs/picturebook ] || { echo "no model folder in $runs: unpack its pieces there"; exit 1; }
  [ -f training/data/scenes/index.json ] || python -m training.scenes prepare --variants 12 --backgrounds 12 ;;
esac

case $what in
pictures)
  python training/vae.py --minutes "${3:-3}" --export $runs/autoencoder 2>&1 | tee "$out/vae.log"
  python training/picturebook.py --size $size --vae $runs/autoencoder --minutes "${4:-5}" \
    --words training/tales/plots/*.jsonl --export $runs/picturebook-many-steps --pieces "$out" 2>&1 | tee "$out/picturebook.log"
  cp $runs/vae/reconstructions.png "$out"
  cp "$(ls -t $runs/picturebook-$size/samples-*.png | head -1)" "$out/samples.png"
  ;;
distil)
  python training/picturebook.py --size $size --distil --start $runs/picturebook-many-steps --minutes "${3:-2.5}" \
    --export $runs/picturebook --pieces "$out" 2>&1 | tee "$out/distil.log"
  cp "$(ls -t $runs/picturebook-$size-distil/samples-*.png | head -1)" "$out/samples.png"
  ;;
judge)
  [ -d $runs/picturebook-many-steps ] || [ -d $runs/picturebook ] || { echo "no model folder in $runs: unpack its pieces there"; exit 1; }
  python training/recogniser.py --minutes "${3:-2}" 2>&1 | tee "$out/recogniser.log"
  cp $runs/recogniser/recogniser.pt "$out"
  for folder in $runs/picturebook-many-steps $runs/picturebook; do
    [ ! -d $folder ] || python training/evaluate_pictures.py $folder --out $folder-judged 2>&1 | tee "$out/$(basename $folder).md"
    for sheet in sheet neighbours; do
      [ ! -f $folder-judged/$sheet.png ] || cp $folder-judged/$sheet.png "$out/$(basename $folder)-$sheet.png"
    done
  done
  ;;
stories)
  python training/gpt2.py --data training/data/text --minutes "${3:-4}" --batch-tokens 32768 \
    --export $runs/gpt2-stories --pieces "$out" 2>&1 | tee "$out/gpt2.log"
  python training/evaluate_stories.py $runs/gpt2-stories --data training/data/text --out $runs/gpt2-stories-judged 2>&1 | tee "$out/stories.md"
  ;;
*) usage ;;
esac
