//! The functions of HTTP's fields that are the same in 0.2 and 0.3. A face has `interface`, its interface with `HeaderError`, and `answer`,
//! its answer to a change.

/// The functions of fields; the one that lists them has different names.
macro_rules! field_functions {
    ($entries:ident) => {
        type This = Borrow<interface::FieldMap>;

        /// An empty set of fields, which may be changed.
        pub fn fields_constructor(host: &mut Host) -> Outcome<Own<interface::FieldMap>> {
            let fields = Fields::new(host.http()?);
            Ok(host.resources.add(fields))
        }

        /// Fields from names and values.
        pub fn fields_from_list(
            host: &mut Host,
            entries: Vec<(String, Vec<u8>)>,
        ) -> Outcome<Result<Own<interface::FieldMap>, HeaderError>> {
            let mut fields = Fields::new(host.http()?);
            let result = entries.iter().try_for_each(|(name, value)| fields.append(name, value));
            Ok(answer(host, result)?.map(|()| host.resources.add(fields)))
        }

        /// All values of a name.
        pub fn fields_get(host: &mut Host, self_: This, name: Cow<'_, str>) -> Outcome<Vec<Vec<u8>>> {
            Ok(host.resources.get(self_)?.get(&name))
        }

        /// Returns true if a field of this name has a value.
        pub fn fields_has(host: &mut Host, self_: This, name: Cow<'_, str>) -> Outcome<bool> {
            Ok(host.resources.get(self_)?.has(&name))
        }

        /// Replaces all values of a name.
        pub fn fields_set(
            host: &mut Host,
            self_: This,
            name: Cow<'_, str>,
            value: Vec<Vec<u8>>,
        ) -> Outcome<Result<(), HeaderError>> {
            let result = host.resources.get(self_)?.set(&name, &value);
            answer(host, result)
        }

        /// Removes all values of a name.
        pub fn fields_delete(host: &mut Host, self_: This, name: Cow<'_, str>) -> Outcome<Result<(), HeaderError>> {
            let result = host.resources.get(self_)?.delete(&name);
            answer(host, result)
        }

        /// Adds a value.
        pub fn fields_append(
            host: &mut Host,
            self_: This,
            name: Cow<'_, str>,
            value: &[u8],
        ) -> Outcome<Result<(), HeaderError>> {
            let result = host.resources.get(self_)?.append(&name, value);
            answer(host, result)
        }

        /// All names and values.
        pub fn $entries(host: &mut Host, self_: This) -> Outcome<Vec<(String, Vec<u8>)>> {
            Ok(host.resources.get(self_)?.entries())
        }

        /// A copy that may be changed.
        pub fn fields_clone(host: &mut Host, self_: This) -> Outcome<Own<interface::FieldMap>> {
            let http = host.http()?;
            let list = Rc::clone(&host.resources.get(self_)?.list);
            Ok(host.resources.add(Fields::copy(http, list)))
        }
    };
}
