//! Graphs with what belongs to them: SavedModel folders, MetaGraph files, and plain graph files, told apart by name and content.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use graphpb_kernels::Code;
use prost::Message;

use super::files::{self, FileError};
use super::graphdef::{self, BINARY_LIMIT, Format, TEXT_LIMIT};
use super::text;
use crate::proto::collection_def::Kind;
use crate::proto::{AssetFileDef, GraphDef, MetaGraphDef, SavedModel};

/// A graph, and the rest of its MetaGraph where it has one.
pub struct Model {
    pub graph: GraphDef,
    /// Without its graph.
    pub meta: Option<MetaGraphDef>,
    pub format: Format,
    /// The folder of a SavedModel.
    pub folder: Option<PathBuf>,
}

impl Model {
    /// The checkpoint that belongs to it: of a SavedModel its variables, of `x.meta` the checkpoint `x`.
    pub fn checkpoint(&self, path: &Path) -> Option<PathBuf> {
        match &self.folder {
            Some(folder) => Some(folder.join("variables").join("variables")),
            None => (path.extension().is_some_and(|e| e == "meta")).then(|| path.with_extension("")),
        }
    }

    /// The operation that a SavedModel runs when it is loaded.
    pub fn init_op(&self) -> Option<&str> {
        let meta = self.meta.as_ref()?;
        if let Some(signature) = meta.signature_def.get("__saved_model_init_op") {
            let info = signature.outputs.get("__saved_model_init_op")?;
            return match &info.encoding {
                Some(crate::proto::tensor_info::Encoding::Name(name)) => Some(name),
                _ => None,
            };
        }
        ["saved_model_main_op", "legacy_init_op"].iter().find_map(|key| match meta.collection_def.get(*key)?.kind.as_ref()? {
            Kind::NodeList(list) => list.value.first().map(String::as_str),
            _ => None,
        })
    }

    /// Names of tensors, and the asset files whose paths are fed to them.
    ///
    /// INVALID_ARGUMENT for a path that leaves the folder `assets`, directly or through a symbolic link.
    pub fn assets(&self) -> Result<Vec<(String, PathBuf)>, FileError> {
        let (Some(folder), Some(meta)) = (&self.folder, &self.meta) else { return Ok(Vec::new()) };
        let folder = folder.join("assets");
        let outside = |name: &str| FileError::new(&folder, Code::InvalidArgument, format!("Asset {name:?} lies outside of the SavedModel's folder"));
        let mut assets = meta.asset_file_def.clone();
        if assets.is_empty()
            && let Some(Kind::AnyList(list)) = meta.collection_def.get("saved_model_assets").and_then(|c| c.kind.as_ref())
        {
            for any in &list.value {
                let asset = AssetFileDef::decode(any.value.as_slice());
                assets.push(asset.map_err(|e| FileError::new(&folder, Code::DataLoss, format!("Not an asset: {e}")))?);
            }
        }
        let mut out = Vec::new();
        for asset in assets {
            let name = &asset.filename;
            let relative = Path::new(name);
            let plain = !name.is_empty() && !name.contains(['\\', '\0']) && relative.components().all(|c| matches!(c, Component::Normal(_)));
            let path = folder.join(relative);
            if !plain {
                return Err(outside(name));
            }
            if let (Ok(inside), Ok(real)) = (folder.canonicalize(), path.canonicalize())
                && !real.starts_with(inside)
            {
                return Err(outside(name));
            }
            if let Some(crate::proto::tensor_info::Encoding::Name(tensor)) = asset.tensor_info.and_then(|i| i.encoding) {
                out.push((tensor, path));
            }
        }
        Ok(out)
    }
}

/// The model at a path: a SavedModel's folder or file, a MetaGraph (`.meta`), or a graph in binary or text form.
///
/// Of several graphs in a SavedModel, the one with exactly the given tags, or, without tags, the only one or that tagged
/// `serve`. Errors name the path: NOT_FOUND (also for tags), PERMISSION_DENIED, RESOURCE_EXHAUSTED, DATA_LOSS.
pub fn read(path: &Path, tags: Option<&[&str]>) -> Result<Model, FileError> {
    if path.is_dir() {
        let binary = path.join("saved_model.pb");
        let file = if binary.is_file() { binary } else { path.join("saved_model.pbtxt") };
        if !file.is_file() {
            return Err(FileError::new(path, Code::NotFound, "A folder without saved_model.pb or saved_model.pbtxt"));
        }
        return saved_model(&file, path, tags);
    }
    if path.file_stem().is_some_and(|s| s == "saved_model") {
        return saved_model(path, path.parent().unwrap_or(Path::new("")), tags);
    }
    if path.extension().is_some_and(|e| e == "meta") {
        let (meta, format) = message::<MetaGraphDef>(path, "MetaGraph")?;
        return Ok(model(meta, format, None));
    }
    let (graph, format) = graphdef::read(path)?;
    Ok(Model { graph, meta: None, format, folder: None })
}

fn model(mut meta: MetaGraphDef, format: Format, folder: Option<PathBuf>) -> Model {
    let graph = meta.graph_def.take().unwrap_or_default();
    Model { graph, meta: Some(meta), format, folder }
}

fn saved_model(file: &Path, folder: &Path, tags: Option<&[&str]>) -> Result<Model, FileError> {
    let (saved, format) = message::<SavedModel>(file, "SavedModel")?;
    let meta = select(saved, tags).map_err(|text| FileError::new(file, Code::NotFound, text))?;
    Ok(model(meta, format, Some(folder.to_owned())))
}

/// The graph of a SavedModel that the tags name.
pub fn select(saved: SavedModel, tags: Option<&[&str]>) -> Result<MetaGraphDef, String> {
    let set = |meta: &MetaGraphDef| meta.meta_info_def.iter().flat_map(|i| i.tags.iter().cloned()).collect::<BTreeSet<String>>();
    let all: Vec<BTreeSet<String>> = saved.meta_graphs.iter().map(set).collect();
    let wanted: Option<BTreeSet<String>> = tags.map(|t| t.iter().map(|t| (*t).to_owned()).collect());
    let serve = BTreeSet::from(["serve".to_owned()]);
    let found = match &wanted {
        Some(wanted) => all.iter().position(|t| t == wanted),
        None if all.len() == 1 => Some(0),
        None => all.iter().position(|t| *t == serve),
    };
    let listed: Vec<String> = all.iter().map(|t| format!("{{{}}}", t.iter().cloned().collect::<Vec<_>>().join(","))).collect();
    match found.and_then(|i| saved.meta_graphs.into_iter().nth(i)) {
        Some(meta) => Ok(meta),
        None => Err(format!("No graph with the wanted tags; the SavedModel has: {}", listed.join(" "))),
    }
}

/// The message in a file, binary or text; `what` it is, for errors.
pub fn message<M: Message + prost::Name + Default>(path: &Path, what: &str) -> Result<(M, Format), FileError> {
    let limit = if Format::of_name(path) == Format::Text { TEXT_LIMIT } else { BINARY_LIMIT };
    let bytes = files::read(path, limit)?;
    parse(bytes, what).map_err(|message| FileError::new(path, Code::DataLoss, message))
}

/// A message in the bytes of a file, binary or text.
pub fn parse<M: Message + prost::Name + Default>(bytes: Vec<u8>, what: &str) -> Result<(M, Format), String> {
    if bytes.is_empty() {
        return Err(format!("Not a {what}: the file is empty"));
    }
    let format = Format::of_content(&bytes);
    let message = match format {
        Format::Binary => M::decode(prost::bytes::Bytes::from(bytes)).map_err(|e| format!("Not a {what}, or cut short: {e}"))?,
        Format::Text => {
            let text = String::from_utf8(bytes).map_err(|_| format!("Not a {what}: text that is not UTF-8"))?;
            text::from_text(&text).map_err(|e| format!("Not a {what} in text form: {e}"))?
        }
    };
    Ok((message, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TF1: &[u8] = include_bytes!("../../../../tests/data/fixtures/saved_model_tf1/saved_model.pb");
    const TF2: &[u8] = include_bytes!("../../../../tests/data/fixtures/saved_model_tf2/saved_model.pb");

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fixtures").join(name)
    }

    #[test]
    fn models_are_found_by_folder_file_and_tags() {
        for path in ["saved_model_tf1", "saved_model_tf1/saved_model.pb"] {
            let model = read(&fixture(path), None).unwrap();
            assert_eq!(model.graph.node.len(), 61);
            assert_eq!(model.checkpoint(&fixture(path)).unwrap(), fixture("saved_model_tf1/variables/variables"));
            let assets = model.assets().unwrap();
            assert_eq!(assets, [("vocab_file:0".to_owned(), fixture("saved_model_tf1/assets/vocab.txt"))]);
        }
        assert!(read(&fixture("saved_model_tf2"), Some(&["serve"])).unwrap().init_op().is_some());
        assert_eq!(read(&fixture("saved_model_tf2"), Some(&["serve", "gpu"])).err().unwrap().code, Code::NotFound);
        assert_eq!(read(&fixture("arrays"), None).err().unwrap().code, Code::NotFound);
        let meta = read(&fixture("training_ref/ckpt-4.meta"), None).unwrap();
        assert_eq!(meta.checkpoint(&fixture("training_ref/ckpt-4.meta")).unwrap(), fixture("training_ref/ckpt-4"));
        assert!(read(&fixture("mlp_frozen.pb"), None).unwrap().meta.is_none());
    }

    #[test]
    fn assets_stay_in_their_folder() {
        for name in ["../x", "/x", "a/../../x", "..", ".", "", "a\\b", "a\0b", "x/.."] {
            let asset = AssetFileDef { filename: name.into(), ..AssetFileDef::default() };
            let meta = MetaGraphDef { asset_file_def: vec![asset], ..MetaGraphDef::default() };
            let model = model(meta, Format::Binary, Some("folder".into()));
            assert!(model.assets().is_err(), "{name:?}");
        }
    }

    #[test]
    fn damaged_models_are_errors_or_other_models() {
        for whole in [TF1, TF2] {
            for at in (0..whole.len()).step_by(17) {
                let mut bad = whole.to_vec();
                bad[at] ^= 0x55;
                for bytes in [bad, whole[..at].to_vec()] {
                    if let Ok((saved, format)) = parse::<SavedModel>(bytes, "SavedModel")
                        && let Ok(meta) = select(saved, None)
                    {
                        let model = model(meta, format, Some("folder".into()));
                        assert!(model.assets().unwrap_or_default().iter().all(|(_, path)| path.starts_with("folder/assets")));
                        let _ = model.init_op();
                    }
                }
            }
        }
    }
}
