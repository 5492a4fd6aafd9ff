//! Lookup tables: from keys to values, filled once or changing.

mod table;
mod text;

use std::path::Path;
use std::sync::Arc;

use graphpb_kernels::{DType, Tensor};

use crate::Result;
use crate::error::Error;
use crate::graph::fact::Shape;
use crate::graph::infer;
use crate::plan::kernel::{KernelCtx, Prepare, Prepared};
use crate::registry::*;
use crate::session::env::ResourceKey;
use table::{Kind, Spec, Table};
use text::{Column, Format};

const REASON: &str = "a table's values have no gradient";

/// The table of a node (or the shared one), made on first use, as its handle.
fn maker(p: &Prepare, kind: Kind, row: &Shape) -> Result<Prepared> {
    let row = row.to_known().ok_or_else(|| Error::invalid(format!("Default value must have a known shape, got {row}")))?;
    let spec = Spec { kind, keys: p.attrs.dtype("key_dtype")?, values: p.attrs.dtype("value_dtype")?, row };
    let shared = p.attrs.str("shared_name").unwrap_or("");
    let by_node_name = p.attrs.bool("use_node_name_sharing").unwrap_or(false);
    let shared: Option<Arc<str>> = match shared {
        "" if by_node_name => Some(p.name.into()),
        "" => None,
        s => Some(s.into()),
    };
    Ok(Box::new(move |c| {
        let key = shared.clone().map_or(ResourceKey::Node(c.node()), ResourceKey::Shared);
        let reserved = ["empty_key", "deleted_key"].into_iter().zip(0..c.inputs()).map(|(what, i)| (what, c.input(i).clone())).collect();
        let table = c.env().resource(key, || Table::new(spec.clone(), reserved));
        if table.spec != spec {
            return Err(Error::invalid(format!(
                "Conflicting key/value dtypes {}->{} with {}-{} for table {}",
                spec.keys.c_name(),
                spec.values.c_name(),
                table.spec.keys.c_name(),
                table.spec.values.c_name(),
                c.name()
            )));
        }
        c.set(0, Tensor::handles(DType::Resource, vec![table], &[]));
        Ok(())
    }))
}

fn table_of(c: &KernelCtx) -> Result<Arc<Table>> {
    let h = c.input(0);
    let handle = (h.dtype() == DType::Resource).then(|| h.as_handles().first().cloned()).flatten();
    handle.and_then(|h| h.downcast::<Table>().ok()).ok_or_else(|| Error::invalid("the handle is not that of a table"))
}

const HANDLE: Arg = arg_of("table_handle", DType::Resource);
const CONTAINER: AttrSpec = string("container").default_str("");
const SHARED_NAME: AttrSpec = string("shared_name").default_str("");
const BY_NODE_NAME: AttrSpec = flag("use_node_name_sharing", false);
const VALUE_SHAPE: AttrSpec = attr("value_shape", AttrKind::Shape).default_of(Default::Shape(&[]));

const TABLE: OpDef = OpDef {
    outputs: &[HANDLE],
    attrs: &[CONTAINER, SHARED_NAME, BY_NODE_NAME, type_any("key_dtype"), type_any("value_dtype")],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static HASH_TABLE_V2: OpDef = OpDef {
    name: "HashTableV2",
    doc: "A table that is filled once.",
    kernel: Kernel::Prepared(|p| maker(p, Kind::Static, &Shape::scalar())),
    ..TABLE
};

pub static MUTABLE_HASH_TABLE_V2: OpDef = OpDef {
    name: "MutableHashTableV2",
    doc: "An empty table of scalars that may change.",
    kernel: Kernel::Prepared(|p| maker(p, Kind::Mutable, &Shape::scalar())),
    ..TABLE
};

pub static MUTABLE_HASH_TABLE_OF_TENSORS_V2: OpDef = OpDef {
    name: "MutableHashTableOfTensorsV2",
    doc: "An empty table of tensors of shape `value_shape` that may change.",
    attrs: &[CONTAINER, SHARED_NAME, BY_NODE_NAME, type_any("key_dtype"), type_any("value_dtype"), VALUE_SHAPE],
    kernel: Kernel::Prepared(|p| maker(p, Kind::Mutable, p.attrs.shape("value_shape")?)),
    ..TABLE
};

pub static MUTABLE_DENSE_HASH_TABLE_V2: OpDef = OpDef {
    name: "MutableDenseHashTableV2",
    doc: "An empty table that may change; `empty_key` and `deleted_key` may not be used as keys.",
    inputs: &[arg("empty_key", "key_dtype"), arg("deleted_key", "key_dtype")],
    attrs: &[
        CONTAINER,
        SHARED_NAME,
        BY_NODE_NAME,
        type_any("key_dtype"),
        type_any("value_dtype"),
        VALUE_SHAPE,
        int("initial_num_buckets").default_int(131_072),
        float("max_load_factor").default_float(0.8),
    ],
    kernel: Kernel::Prepared(|p| maker(p, Kind::Dense, p.attrs.shape("value_shape")?)),
    ..TABLE
};

/// What the ops that change a table share.
const CHANGE: OpDef = OpDef { traits: Traits::STATEFUL, grad: Grad::NotDifferentiable(REASON), ..OpDef::BASE };

pub static INITIALIZE_TABLE_V2: OpDef = OpDef {
    name: "InitializeTableV2",
    doc: "Fills a table that is filled once.",
    inputs: &[HANDLE, arg("keys", "Tkey"), arg("values", "Tval")],
    attrs: &[type_any("Tkey"), type_any("Tval")],
    kernel: Kernel::Plain(|c| table_of(c)?.fill(c.input(1), c.input(2))),
    ..CHANGE
};

pub static INITIALIZE_TABLE_FROM_TEXT_FILE_V2: OpDef = OpDef {
    name: "InitializeTableFromTextFileV2",
    doc: "Fills a table from the lines of a file: columns, the whole line (-2), or its number (-1).",
    inputs: &[HANDLE, arg_of("filename", DType::Str)],
    attrs: &[
        int("key_index").at_least(-2),
        int("value_index").at_least(-2),
        int("vocab_size").default_int(-1).at_least(-1),
        string("delimiter").default_str("\t"),
        int("offset").default_int(0),
    ],
    kernel: Kernel::Plain(|c| {
        let table = table_of(c)?;
        let [name] = c.input(1).as_strings() else { return Err(Error::invalid("filename should be a single string")) };
        let name = std::str::from_utf8(name).map_err(|_| Error::invalid("the file name is not UTF-8"))?;
        if name.is_empty() {
            return Err(Error::invalid("filename cannot be empty."));
        }
        let attrs = c.attrs();
        let delimiter = attrs.str("delimiter")?.as_bytes();
        let &[delimiter] = delimiter else { return Err(Error::invalid("delimiter should be only 1 char")) };
        let format = Format {
            key: Column::of(attrs.int("key_index")?)?,
            value: Column::of(attrs.int("value_index")?)?,
            size: usize::try_from(attrs.int("vocab_size")?).ok(),
            delimiter,
            offset: attrs.int("offset")?,
        };
        let path = Path::new(name.strip_prefix("file://").unwrap_or(name));
        let (keys, values) = text::read(path, &format, table.spec.keys, table.spec.values)?;
        table.fill(&keys, &values)
    }),
    ..CHANGE
};

pub static LOOKUP_TABLE_INSERT_V2: OpDef = OpDef {
    name: "LookupTableInsertV2",
    doc: "Puts keys and their values in.",
    inputs: &[HANDLE, arg("keys", "Tin"), arg("values", "Tout")],
    attrs: &[type_any("Tin"), type_any("Tout")],
    kernel: Kernel::Plain(|c| table_of(c)?.insert(c.input(1), c.input(2), false)),
    ..CHANGE
};

pub static LOOKUP_TABLE_IMPORT_V2: OpDef = OpDef {
    name: "LookupTableImportV2",
    doc: "Puts keys and their values in, instead of all that are there.",
    inputs: &[HANDLE, arg("keys", "Tin"), arg("values", "Tout")],
    attrs: &[type_any("Tin"), type_any("Tout")],
    kernel: Kernel::Plain(|c| table_of(c)?.insert(c.input(1), c.input(2), true)),
    ..CHANGE
};

pub static LOOKUP_TABLE_REMOVE_V2: OpDef = OpDef {
    name: "LookupTableRemoveV2",
    doc: "Takes keys out; those that are not there are passed over.",
    inputs: &[HANDLE, arg("keys", "Tin")],
    attrs: &[type_any("Tin")],
    kernel: Kernel::Plain(|c| table_of(c)?.remove(c.input(1))),
    ..CHANGE
};

pub static LOOKUP_TABLE_FIND_V2: OpDef = OpDef {
    name: "LookupTableFindV2",
    doc: "The value of each key, or the default. FAILED_PRECONDITION when a table that is filled once is not.",
    inputs: &[HANDLE, arg("keys", "Tin"), arg("default_value", "Tout")],
    outputs: &[arg("values", "Tout")],
    attrs: &[type_any("Tin"), type_any("Tout")],
    shape: |c| {
        let s = c.input(1).concat(&c.handle(0));
        c.set(0, s);
        Ok(())
    },
    kernel: Kernel::Plain(|c| {
        let values = table_of(c)?.find(c.input(1), c.input(2))?;
        c.set(0, values);
        Ok(())
    }),
    ..CHANGE
};

pub static LOOKUP_TABLE_EXPORT_V2: OpDef = OpDef {
    name: "LookupTableExportV2",
    doc: "All keys and their values, in the order in which the keys came.",
    inputs: &[HANDLE],
    outputs: &[arg("keys", "Tkeys"), arg("values", "Tvalues")],
    attrs: &[type_any("Tkeys"), type_any("Tvalues")],
    kernel: Kernel::Plain(|c| {
        let (keys, values) = table_of(c)?.export()?;
        if keys.dtype() != c.output_dtype(0) || values.dtype() != c.output_dtype(1) {
            return Err(Error::invalid("the table has keys or values of another type"));
        }
        c.set(0, keys);
        c.set(1, values);
        Ok(())
    }),
    ..CHANGE
};

pub static LOOKUP_TABLE_SIZE_V2: OpDef = OpDef {
    name: "LookupTableSizeV2",
    doc: "The number of keys.",
    inputs: &[HANDLE],
    outputs: &[arg_of("size", DType::I64)],
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let size = table_of(c)?.size();
        c.set(0, Tensor::scalar(size as i64));
        Ok(())
    }),
    ..CHANGE
};
